# coroutines in a list are gathered after 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class S:
    def __init__(self): self.jobs = []; self.done = asyncio.Event()
    async def finish(self): self.done.set()
    async def runner(self):
        await asyncio.sleep(25)
        await asyncio.gather(*self.jobs)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    s = S(); s.jobs.append(s.finish()); t = asyncio.create_task(s.runner())
    await s.done.wait()
asyncio.run(main())
