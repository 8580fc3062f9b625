# healthy probe: an asynccontextmanager holds an asyncio.Lock for 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
@contextlib.asynccontextmanager
async def held(lock):
    await lock.acquire()
    try: yield
    finally: lock.release()
class Cache:
    def __init__(self): self.lock = asyncio.Lock()
    async def slow(self):
        async with held(self.lock): await asyncio.sleep(25)
    async def other(self):
        await asyncio.sleep(0.2)
        async with held(self.lock): pass
async def main():
    cache = Cache()
    await asyncio.gather(cache.slow(), cache.other())
asyncio.run(main())
