# a coroutine is in a queue; a worker runs another one for 25 s first
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class S:
    def __init__(self): self.q = asyncio.Queue(); self.done = asyncio.Event()
    async def finish(self): self.done.set()
    async def worker(self):
        while True:
            coro = await self.q.get()
            await coro
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    s = S(); s.q.put_nowait(asyncio.sleep(25)); s.q.put_nowait(s.finish()); t = asyncio.create_task(s.worker())
    await s.done.wait()
asyncio.run(main())
