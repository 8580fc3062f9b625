# healthy probe: a class with __aenter__ and __aexit__ holds an asyncio.Lock for 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Held:
    def __init__(self, lock): self.lock = lock
    async def __aenter__(self): await self.lock.acquire()
    async def __aexit__(self, *exc): self.lock.release()
class Cache:
    def __init__(self): self.lock = asyncio.Lock()
    async def slow(self):
        async with Held(self.lock): await asyncio.sleep(25)
    async def other(self):
        await asyncio.sleep(0.2)
        async with Held(self.lock): pass
async def main():
    cache = Cache()
    await asyncio.gather(cache.slow(), cache.other())
asyncio.run(main())
