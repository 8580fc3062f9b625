# redis.asyncio BlockingConnectionPool: one has it for 25 s, another waits
import asyncio, signal
import redis.asyncio
signal.alarm(900)

async def request(x, seconds):
    async with x.client() as c:
        await c.ping()
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x = redis.asyncio.Redis(connection_pool=redis.asyncio.BlockingConnectionPool(port=16399, max_connections=1, timeout=None))
    await asyncio.gather(request(x, 25), request(x, 0))
asyncio.run(main())
