# a transaction() of an own database class with asyncio.Lock inside: one has it for 25 s, another waits
import asyncio, signal
import contextlib
signal.alarm(900)

class DB:
    def __init__(self): self.lock = asyncio.Lock()
    @contextlib.asynccontextmanager
    async def transaction(self):
        async with self.lock:
            yield

async def request(x, seconds):
    async with x.transaction():
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = DB()
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
