# healthy probe: a task that sleeps 25 s calls listeners, one of which gives the lock back
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Bus:
    def __init__(self): self.listeners = {}
    async def fire(self, name): self.listeners[name]()
class Store:
    def __init__(self, bus):
        self.lock = asyncio.Lock()
        bus.listeners["saved"] = self.on_saved
    async def begin(self): await self.lock.acquire()
    def on_saved(self): self.lock.release()
async def disk(bus):
    await asyncio.sleep(25)
    await bus.fire("saved")
async def main():
    bus = Bus()
    store = Store(bus)
    writing = asyncio.create_task(disk(bus), name="disk")
    await store.begin()
    await store.begin()
asyncio.run(main())
