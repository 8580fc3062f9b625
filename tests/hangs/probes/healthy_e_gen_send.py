# send() into a generator that sets it
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)


class Service:
    def __init__(self):
        self.done = threading.Event()
        self.gen = self.loop()
        next(self.gen)
    def finish(self, *a):
        self.done.set()
    def loop(self):
        while True:
            x = yield
            self.done.set()

    def run(self):
        time.sleep(25)
        self.gen.send(1)
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
