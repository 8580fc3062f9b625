# healthy twin of opcua_exit: the server closes the connection after 25 s
import signal, socket, threading, time
signal.alarm(900)
server = socket.create_server(("127.0.0.1", 0))             # says nothing

class Client:
    def __init__(self, address):
        self.sock = socket.create_connection(address)
        self.answers = []
    def connect(self):
        threading.Thread(target=self.receive, name="opcua-receive").start()
    def receive(self):
        while True:
            data = self.sock.recv(4096)
            if not data:
                break
            self.answers.append(data)

client = Client(server.getsockname())
client.connect()
timer = threading.Timer(25, lambda: server.accept()[0].close()); timer.daemon = True; timer.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.3)
