# f(**kwargs) with the event in kwargs
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)

def apply(ev): ev.set()

class Service:
    def __init__(self):
        self.done = threading.Event()
        self.kw = {'ev': self.done}
    def finish(self, *a):
        self.done.set()

    def run(self):
        time.sleep(25)
        apply(**self.kw)
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
