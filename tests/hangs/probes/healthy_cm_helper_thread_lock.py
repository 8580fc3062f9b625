# healthy probe: a contextmanager holds a lock that another thread took for it, for 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
pool = concurrent.futures.ThreadPoolExecutor(3)
@contextlib.contextmanager
def held(lock):
    pool.submit(lock.acquire).result()
    try: yield
    finally: lock.release()
class Cache:
    def __init__(self): self.lock = threading.Lock()
    def slow(self):
        with held(self.lock): time.sleep(25)
cache = Cache()
t = threading.Thread(target=cache.slow, name="slow"); t.start()
time.sleep(0.3)
with held(cache.lock): pass
