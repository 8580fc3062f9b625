# healthy probe: an asynccontextmanager holds a threading.Lock (taken directly) for 25 s; a job waits for it
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
@contextlib.asynccontextmanager
async def held(lock):
    lock.acquire()
    try: yield
    finally: lock.release()
class Cache:
    def __init__(self): self.lock = threading.Lock()
    async def slow(self):
        async with held(self.lock): await asyncio.sleep(25)
    async def other(self):
        await asyncio.sleep(0.2)
        await asyncio.get_running_loop().run_in_executor(None, self.lock.acquire)
        self.lock.release()
async def main():
    cache = Cache()
    await asyncio.gather(cache.slow(), cache.other())
asyncio.run(main())
