# healthy: asyncio base future dict
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base:
    pending = {}
class Client(Base):
    async def listen(self): await asyncio.sleep(45); self.pending.pop(1).set_result(1)
async def main():
    f = asyncio.get_running_loop().create_future(); Base.pending[1] = f
    t = asyncio.create_task(Client().listen())
    asyncio.get_running_loop().call_later(1, print, "READY")
    await f
asyncio.run(main())
