# an asyncio.Queue as a pool, asynccontextmanager: one has it for 25 s, another waits
import asyncio, signal
import contextlib
signal.alarm(900)

class Pool:
    def __init__(self):
        self.q = asyncio.Queue(); self.q.put_nowait(1)
    @contextlib.asynccontextmanager
    async def conn(self):
        c = await self.q.get()
        try: yield c
        finally: self.q.put_nowait(c)

async def request(x, seconds):
    async with x.conn():
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = Pool()
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
