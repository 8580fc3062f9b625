# str() of an object sets it
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)

class Obj:
    def __init__(self, s): self.s = s
    def __str__(self):
        self.s.done.set()
        return 'x'

class Service:
    def __init__(self):
        self.done = threading.Event()
        self.obj = Obj(self)
    def finish(self, *a):
        self.done.set()

    def run(self):
        time.sleep(25)
        print(f'{self.obj}')
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
