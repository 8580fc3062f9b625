# healthy: asyncio base queue
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base:
    inbox = asyncio.Queue()
class Producer(Base):
    async def run(self): await asyncio.sleep(45); self.inbox.put_nowait(1)
class Consumer(Base):
    async def run(self): await self.inbox.get()
async def main():
    t = asyncio.create_task(Producer().run())
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Consumer().run()
asyncio.run(main())
