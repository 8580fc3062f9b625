# healthy: queue in gen
import asyncio, threading, time, queue, signal
signal.alarm(300)
class T:
    def __init__(self): self.lock = asyncio.Lock()
    async def rows(self, q):
        async with self.lock:
            while True:
                r = await q.get()
                yield r
async def feed(q):
    q.put_nowait(1)
    while True:
        await asyncio.sleep(20); q.put_nowait(2)
async def a(t, q):
    async for r in t.rows(q):
        await asyncio.sleep(45); break
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    t = T(); q = asyncio.Queue()
    await asyncio.gather(a(t, q), a(t, q), feed(q))
asyncio.run(main())
