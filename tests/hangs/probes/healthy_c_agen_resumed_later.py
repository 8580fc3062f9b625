# an async generator has a lock; the one who iterates it sleeps 25 s between two items
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.lock = asyncio.Lock()
    async def rows(self):
        async with self.lock:
            yield 1
            yield 2
    async def reader(self):
        gen = self.rows()
        await gen.__anext__()
        self.gen = gen
        await asyncio.sleep(25)
        await self.gen.aclose()
    async def run(self):
        t = asyncio.create_task(self.reader(), name="reader")
        await asyncio.sleep(0.1)
        async with self.lock: pass

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
