# coroutines are kept in a list and a runner awaits them after 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.jobs = []; self.done = asyncio.Event()
    async def finish(self): self.done.set()
    async def runner(self):
        await asyncio.sleep(25)
        for coro in self.jobs: await coro
    async def run(self):
        self.jobs.append(self.finish())
        t = asyncio.create_task(self.runner(), name="runner")
        await self.done.wait()

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
