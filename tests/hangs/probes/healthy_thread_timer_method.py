# healthy probe: a threading.Timer calls a method that gives the lock back after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Lease:
    def __init__(self): self.lock = threading.Lock()
    def take(self):
        self.lock.acquire()
        timer = threading.Timer(25, self.expire); timer.daemon = True; timer.start()
    def expire(self): self.lock.release()
lease = Lease()
lease.take()
lease.take()
