# healthy probe: a lock is given back by a done callback of a task (own coroutine, 25 s)
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Service:
    def __init__(self): self.lock = asyncio.Lock()
    async def work(self): await asyncio.sleep(25)
    async def spawn(self, n):
        await self.lock.acquire()
        task = asyncio.create_task(self.work(), name="job-%d" % n)
        task.add_done_callback(self.on_done)
        return task
    def on_done(self, task): self.lock.release()
async def main():
    service = Service()
    tasks = [await service.spawn(n) for n in range(2)]
    await asyncio.gather(*tasks)
asyncio.run(main())
