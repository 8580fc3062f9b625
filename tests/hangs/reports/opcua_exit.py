# the main module has ended, but the client that it never disconnected has a thread that reads from its server (rebuilds FreeOpcUa/python-opcua pull request 589)
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
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.3)
