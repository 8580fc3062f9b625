# healthy: for no sleep
import asyncio, threading, time, queue, signal
signal.alarm(300)
class T:
    def __init__(self): self.lock = asyncio.Lock()
    async def rows(self):
        async with self.lock:
            for i in range(5):
                yield i
async def a(t):
    async for r in t.rows():
        await asyncio.sleep(45)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    t = T()
    await asyncio.gather(a(t), a(t))
asyncio.run(main())
