# a task takes an asyncio.Lock twice; a second task releases it after 25 s (a latch)
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.latch = asyncio.Lock()
    async def opener(self):
        await asyncio.sleep(25)
        self.latch.release()
    async def run(self):
        await self.latch.acquire()
        t = asyncio.create_task(self.opener(), name="opener")
        await self.latch.acquire()

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
