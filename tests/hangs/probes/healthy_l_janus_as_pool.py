# a janus queue as a pool, contextmanager: one has it for 25 s, another waits
import asyncio, signal
import contextlib, janus
signal.alarm(900)

class Pool:
    def __init__(self):
        self.q = janus.Queue(); self.q.async_q.put_nowait(1)
    @contextlib.asynccontextmanager
    async def conn(self):
        c = await self.q.async_q.get()
        try: yield c
        finally: self.q.async_q.put_nowait(c)

async def request(x, seconds):
    async with x.conn():
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = Pool()
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
