# Model server: conductor and workers exchange messages over PUSH/PULL pairs; each drains its inbox in the loop that also sends.
import signal
import threading
import time

import zmq

signal.alarm(900)
context = zmq.Context()
CHUNKS = 40


class Peer(threading.Thread):
    def __init__(self, name, inbox_at, outbox_at):
        super().__init__(name=name, daemon=True)
        self.inbox = context.socket(zmq.PULL)
        self.inbox.set_hwm(4)
        self.inbox.bind(inbox_at)
        self.outbox_at = outbox_at
        self.handled = 0

    def connect(self):
        self.outbox = context.socket(zmq.PUSH)
        self.outbox.set_hwm(4)
        self.outbox.connect(self.outbox_at)

    def send(self, message):
        self.outbox.send_pyobj(message)

    def run(self):
        while True:
            message = self.inbox.recv_pyobj()
            self.handle(message)
            self.handled += 1


class Worker(Peer):
    def handle(self, message):
        for chunk in range(CHUNKS):
            self.send({"request": message["request"], "chunk": chunk})


class Conductor(Peer):
    def handle(self, message):
        time.sleep(0.02)
        self.acked = message["chunk"]


def clients(inbox_at):
    """requests that arrive at the worker"""
    socket = context.socket(zmq.PUSH)
    socket.connect(inbox_at)
    number = 0
    while True:
        number += 1
        socket.send_pyobj({"request": number})
        time.sleep(3)


def main():
    worker = Worker("worker", "inproc://worker", "inproc://conductor")
    conductor = Conductor("conductor", "inproc://conductor", "inproc://worker")
    for peer in (worker, conductor):
        peer.connect()
        peer.start()
    threading.Thread(target=clients, args=("inproc://worker",), name="clients", daemon=True).start()
    time.sleep(2.5)
    print("READY", flush=True)
    worker.join()


main()
