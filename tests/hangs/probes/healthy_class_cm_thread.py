# healthy probe: a class with __enter__ and __exit__ holds a threading.Lock for 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Held:
    def __init__(self, lock): self.lock = lock
    def __enter__(self): self.lock.acquire()
    def __exit__(self, *exc): self.lock.release()
class Cache:
    def __init__(self): self.lock = threading.Lock()
    def slow(self):
        with Held(self.lock): time.sleep(25)
cache = Cache()
threading.Thread(target=cache.slow, name="slow").start()
time.sleep(0.3)
with Held(cache.lock): pass
