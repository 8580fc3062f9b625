# a shielded task has a lock and works on for 25 s after its waiter was cancelled
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.lock = asyncio.Lock()
    async def save(self):
        async with self.lock:
            await asyncio.sleep(25)
    async def request(self): await asyncio.shield(self.save())
    async def run(self):
        t = asyncio.create_task(self.request(), name="request")
        await asyncio.sleep(0.1)
        t.cancel()
        async with self.lock: pass

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
