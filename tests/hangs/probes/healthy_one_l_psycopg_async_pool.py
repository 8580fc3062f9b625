# psycopg_pool.AsyncConnectionPool: one has it for 25 s, another waits
import asyncio, signal
from psycopg_pool import AsyncConnectionPool
signal.alarm(900)

async def opened():
    pool = AsyncConnectionPool("host=127.0.0.1 port=16432 user=postgres", min_size=1, max_size=1, timeout=7200, open=False)
    await pool.open(wait=True)
    return pool

async def request(x, seconds):
    async with x.connection() as conn: await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = await opened()
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
