# healthy probe: permits are given back by done callbacks of tasks (own coroutine, 25 s)
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Limiter:
    def __init__(self): self.slots = asyncio.Semaphore(2)
    async def work(self): await asyncio.sleep(25)
    async def spawn(self, n):
        await self.slots.acquire()
        task = asyncio.create_task(self.work(), name="job-%d" % n)
        task.add_done_callback(lambda t: self.slots.release())
        return task
async def main():
    limiter = Limiter()
    tasks = [await limiter.spawn(n) for n in range(4)]
    await asyncio.gather(*tasks)
asyncio.run(main())
