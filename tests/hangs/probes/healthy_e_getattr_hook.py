# obj.anything through __getattr__
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)

class Proxy:
    def __init__(self, s): self.__dict__['_s'] = s
    def __getattr__(self, n): return getattr(self._s, n)

class Service:
    def __init__(self):
        self.done = threading.Event()
        self.obj = Proxy(self)
    def finish(self, *a):
        self.done.set()

    def run(self):
        time.sleep(25)
        self.obj.finish()
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
