# healthy: xr5 tcpserver next request if
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import socket
import socketserver
import threading


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline()
        if line == b"slow\n":
            time.sleep(DELAY)
        if line == b"approve\n":
            self.server.approved.set()


def call(address, name):
    with socket.create_connection(address) as sock:
        sock.sendall(name + b"\n")
        sock.recv(1)


def approver(address):
    call(address, b"slow")
    call(address, b"approve")


server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
server.approved = threading.Event()
threading.Thread(target=server.serve_forever, daemon=True).start()
threading.Thread(target=approver, args=(server.server_address,), daemon=True).start()
print("READY", flush=True)
server.approved.wait()
print("DONE", flush=True)
