# SQLAlchemy async engine, pool of one: one has it for 25 s, another waits
import asyncio, signal
from sqlalchemy.ext.asyncio import create_async_engine
signal.alarm(900)

async def request(x, seconds):
    async with x.connect() as conn: await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = create_async_engine('postgresql+asyncpg://postgres@127.0.0.1:16432/postgres', pool_size=1, max_overflow=0, pool_timeout=7200)
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
