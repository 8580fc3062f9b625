# healthy probe: an AsyncExitStack in a sleeping task holds an asyncio.Lock for 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Cache:
    def __init__(self): self.lock = asyncio.Lock()
    async def slow(self):
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self.lock)
            await asyncio.sleep(25)
    async def other(self):
        await asyncio.sleep(0.2)
        async with self.lock: pass
async def main():
    cache = Cache()
    await asyncio.gather(cache.slow(), cache.other())
asyncio.run(main())
