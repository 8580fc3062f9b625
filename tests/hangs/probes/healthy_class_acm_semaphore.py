# healthy probe: a class with __aenter__ and __aexit__ holds both permits of a semaphore for 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Slot:
    def __init__(self, slots): self.slots = slots
    async def __aenter__(self): await self.slots.acquire()
    async def __aexit__(self, *exc): self.slots.release()
async def user(slots):
    async with Slot(slots): await asyncio.sleep(25)
async def main():
    slots = asyncio.Semaphore(2)
    await asyncio.gather(*[user(slots) for n in range(4)])
asyncio.run(main())
