# a cancelled task drains a queue at its end, whose producer goes on for 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.q = asyncio.Queue()
    async def producer(self):
        await asyncio.sleep(25)
        self.q.put_nowait(None)
    async def worker(self):
        try: await asyncio.Event().wait()
        except asyncio.CancelledError:
            while await self.q.get() is not None: pass
    async def run(self):
        p = asyncio.create_task(self.producer(), name="producer")
        t = asyncio.create_task(self.worker(), name="worker")
        await asyncio.sleep(0.1)
        t.cancel()
        await asyncio.wait([t])

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
