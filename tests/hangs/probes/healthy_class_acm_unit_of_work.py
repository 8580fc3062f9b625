# healthy probe: a unit of work (__aenter__ takes, __aexit__ calls rollback(), which gives back) lasts 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class UnitOfWork:
    def __init__(self, store): self.store = store
    async def __aenter__(self):
        await self.store.lock.acquire()
        return self
    async def __aexit__(self, *exc): await self.rollback()
    async def rollback(self): self.store.lock.release()
class Store:
    def __init__(self): self.lock = asyncio.Lock()
async def user(store):
    async with UnitOfWork(store) as unit: await asyncio.sleep(25)
async def main():
    store = Store()
    await asyncio.gather(*[user(store) for n in range(2)])
asyncio.run(main())
