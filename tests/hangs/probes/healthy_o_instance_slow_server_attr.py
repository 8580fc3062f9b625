# healthy: xr9 instance slow server attr
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import socketserver
import threading
import socket


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        name = self.rfile.readline().decode().strip()
        self.server.dispatch(name)


class Api:
    def __init__(self):
        self.approved = threading.Event()

    def slow(self):
        time.sleep(DELAY)

    def approve(self):
        self.approved.set()


def resolve(instance, name):
    return getattr(instance, name)


class Server(socketserver.TCPServer):
    def dispatch(self, name):
        function = None
        try:
            function = resolve(self.instance, name)
        except AttributeError:
            pass
        if function is not None:
            return function()


def call(address, name):
    with socket.create_connection(address) as sock:
        sock.sendall(name + b"\n")
        sock.recv(1)


def approver(address):
    call(address, b"slow")
    call(address, b"approve")


api = Api()
server = Server(("127.0.0.1", 0), Handler)
server.instance = api
threading.Thread(target=server.serve_forever, daemon=True).start()
threading.Thread(target=approver, args=(server.server_address,), daemon=True).start()
print("READY", flush=True)
api.approved.wait()
print("DONE", flush=True)
