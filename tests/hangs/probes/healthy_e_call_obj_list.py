# objects with __call__ in a list
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)

class Hook:
    def __init__(self, s): self.s = s
    def __call__(self): self.s.done.set()

class Service:
    def __init__(self):
        self.done = threading.Event()
        self.hooks = [Hook(self)]
    def finish(self, *a):
        self.done.set()

    def run(self):
        time.sleep(25)
        for h in self.hooks: h()
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
