# healthy: asyncio base event
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base:
    stop = None
class Client(Base):
    async def listen(self): await asyncio.sleep(45); self.stop.set()
async def main():
    Base.stop = asyncio.Event()
    t = asyncio.create_task(Client().listen())
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Base.stop.wait()
asyncio.run(main())
