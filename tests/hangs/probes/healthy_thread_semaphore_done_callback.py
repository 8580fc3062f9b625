# healthy probe: a BoundedSemaphore is released by done callbacks of jobs that take 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Limiter:
    def __init__(self):
        self.slots = threading.BoundedSemaphore(2)
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
    def submit(self, f, *args):
        self.slots.acquire()
        future = self.pool.submit(f, *args)
        future.add_done_callback(lambda f: self.slots.release())
        return future
limiter = Limiter()
for n in range(4): limiter.submit(time.sleep, 25)
