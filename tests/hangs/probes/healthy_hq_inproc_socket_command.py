import os, signal, socket, socketserver, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Commands(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            verb, *args = line.decode().split()
            reply = getattr(self.server.app, "cmd_" + verb)(*args)
            self.wfile.write(f"{reply}\n".encode())


class App:
    def __init__(self):
        self.gates = {}

    def wait_for(self, name):
        self.gates.setdefault(name, threading.Event()).wait()

    def cmd_open(self, name):
        return self.gates[name].set()


def operator_console(address):
    time.sleep(LAG)
    with socket.create_connection(address) as s:
        s.sendall(b"open north\n")
        s.recv(100)


with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Commands) as server:
    server.app = App()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=operator_console, args=(server.server_address,)).start()
    threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
    server.app.wait_for("north")
    print("ENDED", flush=True)
    server.shutdown()
