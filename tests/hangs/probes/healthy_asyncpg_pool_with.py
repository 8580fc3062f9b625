# main is in 'async with create_pool' and awaits a task that waits for the only connection, which another task has for 25 s
import asyncio, signal
import asyncpg
signal.alarm(900)

async def hold(pool, seconds):
    async with pool.acquire() as conn:
        await conn.execute("select pg_sleep(%d)" % seconds)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    async with asyncpg.create_pool(host="127.0.0.1", port=16432, user="postgres", min_size=1, max_size=1) as pool:
        a = asyncio.create_task(hold(pool, 25), name="a")
        await asyncio.sleep(0.3)
        await asyncio.create_task(hold(pool, 0), name="b")

asyncio.run(main())
