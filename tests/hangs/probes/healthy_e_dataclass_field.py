# a dataclass field has the callable
import asyncio, contextvars, dataclasses, functools, queue, signal, sys, threading, time, concurrent.futures
signal.alarm(900)

@dataclasses.dataclass
class Job:
    callback: object

class Service:
    def __init__(self):
        self.done = threading.Event()
        self.job = Job(self.finish)
    def finish(self, *a):
        self.done.set()

    def run(self):
        time.sleep(25)
        self.job.callback()
service = Service()
threading.Thread(target=service.run, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
service.done.wait()
