# a distributed lock without a timeout was left in Redis by a task whose release was cancelled (rebuilds redis/redis-py issue 3847)
import asyncio, os, signal
import redis.asyncio
signal.alarm(900)
KEY = "fresh2-lock-%d" % os.getpid()

async def crash(client):
    lock = client.lock(KEY)
    await lock.acquire()
    raise RuntimeError("cancelled before release()")

async def renew(client):
    async with client.lock(KEY):
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    client = redis.asyncio.Redis(port=16399)
    await asyncio.gather(crash(client), return_exceptions=True)
    await client.expire(KEY, 1200)
    await asyncio.create_task(renew(client), name="renew")

asyncio.run(main())
