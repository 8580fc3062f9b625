# healthy: return after
import asyncio, threading, time, queue, signal
signal.alarm(300)
import aiorwlock
class S:
    def __init__(self): self.lock = aiorwlock.RWLock()
    async def r(self):
        async with self.lock.reader:
            await asyncio.sleep(45); return 1
    async def w(self):
        async with self.lock.writer: pass
async def main():
    l = S()
    asyncio.get_running_loop().call_later(1, print, "READY")
    await asyncio.gather(l.r(), l.w())
asyncio.run(main())
