# healthy: selectors data
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a selector loop in a thread; the handler is the key's data
import selectors
import socket
import subprocess
import threading


class Reactor(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()

    def add(self, sock, handler):
        self.selector.register(sock, selectors.EVENT_READ, handler)

    def run(self):
        while True:
            for key, mask in self.selector.select():
                key.data(key.fileobj)


class Doorbell:
    def __init__(self, reactor, sock):
        self.rang = threading.Event()
        reactor.add(sock, self.on_readable)

    def on_readable(self, sock):
        sock.recv(100)
        self.rang.set()


ours, theirs = socket.socketpair()
reactor = Reactor()
bell = Doorbell(reactor, ours)
reactor.start()
child = subprocess.Popen(["sh", "-c", "sleep %f; echo ring" % DELAY], stdout=theirs)
print("READY", flush=True)
bell.rang.wait()
print("DONE", flush=True)
