# healthy: socketserver handler
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a TCP server in a thread; its handler reaches the event by self.server
import socket
import socketserver
import threading


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().strip()
        if line == b"stop":
            self.server.app.stop()


class App:
    def __init__(self):
        self.stopping = threading.Event()
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.app = self

    def stop(self):
        self.stopping.set()


def client(address):
    with socket.create_connection(address) as sock:
        time.sleep(DELAY)
        sock.sendall(b"stop\n")


app = App()
threading.Thread(target=app.server.serve_forever, daemon=True).start()
threading.Thread(target=client, args=(app.server.server_address,), daemon=True).start()
print("READY", flush=True)
app.stopping.wait()
print("DONE", flush=True)
