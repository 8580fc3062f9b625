# healthy probe: an ExitStack in the frame of a sleeping thread holds a threading.Lock for 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Cache:
    def __init__(self): self.lock = threading.Lock()
    def slow(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.lock)
            time.sleep(25)
cache = Cache()
threading.Thread(target=cache.slow, name="slow").start()
time.sleep(0.3)
with cache.lock: pass
