# healthy: nested with yield
import asyncio, threading, time, queue, signal
signal.alarm(300)
import io
class T:
    def __init__(self): self.lock = asyncio.Lock()
    async def rows(self):
        async with self.lock:
            with io.StringIO("a\nb\n") as f:
                for line in f:
                    yield line
async def a(t):
    async for r in t.rows():
        await asyncio.sleep(45)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    t = T(); await asyncio.gather(a(t), a(t))
asyncio.run(main())
