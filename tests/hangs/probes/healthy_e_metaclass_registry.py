# a registry of classes made by __init_subclass__
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)

class Base:
    subs = []
    def __init_subclass__(cls): Base.subs.append(cls)
    def __init__(self, s): self.s = s
class End(Base):
    def run(self): self.s.done.set()

class Service:
    def __init__(self):
        self.done = threading.Event()

    def finish(self, *a):
        self.done.set()

    def run(self):
        time.sleep(25)
        for c in Base.subs: c(self).run()
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
