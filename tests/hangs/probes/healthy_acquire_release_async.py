# healthy probe: a task has called begin() of a transaction and sleeps 25 s before commit()
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Store:
    def __init__(self): self.lock = asyncio.Lock()
    async def begin(self): await self.lock.acquire()
    def commit(self): self.lock.release()
class User:
    def __init__(self, store): self.store = store
    async def work(self):
        await self.store.begin()
        await asyncio.sleep(25)
        self.store.commit()
async def main():
    store = Store()
    await asyncio.gather(User(store).work(), User(store).work())
asyncio.run(main())
