# the ack event travels through a queue to a thread that waits for items
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)


class Service:
    def __init__(self):
        self.done = threading.Event()
        self.q = queue.Queue()
        threading.Thread(target=self.server, daemon=True).start()
    def finish(self, *a):
        self.done.set()
    def server(self):
        while True:
            kind, ack = self.q.get()
            ack.set()

    def run(self):
        time.sleep(25)
        self.q.put(('job', self.done))
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
