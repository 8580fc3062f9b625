# a handler that has the pool's only connection calls a function that takes another one (rebuilds aio-libs/aiopg issue 113)
import asyncio, signal
import asyncpg
signal.alarm(900)

async def fetch_t2(pool):
    async with pool.acquire() as conn:
        return await conn.fetchval("select 2")

async def post(pool):
    async with pool.acquire() as conn:
        await conn.fetchval("select 1")
        return await fetch_t2(pool)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    pool = await asyncpg.create_pool(host="127.0.0.1", port=16432, user="postgres", min_size=1, max_size=1)
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.create_task(post(pool), name="post")
    await beat

asyncio.run(main())
