# cashews #127: whoever waits for the cache's lock holds a connection of the pool meanwhile; the holder of the lock needs one to release it
import asyncio, signal
import redis.asyncio as redis
import miniredis
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class RedisCache:
    def __init__(self, port):
        pool = redis.BlockingConnectionPool(host="127.0.0.1", port=port, protocol=2, max_connections=2, timeout=None, socket_timeout=None)
        self.redis = redis.Redis(connection_pool=pool)

    async def get_or_set(self, key, compute):
        if await self.redis.set(f"lock:{key}", "1", nx=True):
            value = await compute()
            await self.redis.set(key, value)
            await self.redis.delete(f"lock:{key}")
            await self.redis.lpush(f"signal:{key}", "1")
            return value
        async with self.redis.client() as connection:
            await connection.blpop(f"signal:{key}", timeout=0)
        return await self.redis.get(key)


class Catalogue:
    def __init__(self, cache):
        self.cache = cache

    async def query(self):
        await asyncio.sleep(0.5)
        return "[1, 2, 3]"

    async def page(self):
        return await self.cache.get_or_set("catalogue", self.query)


async def main():
    child, port = miniredis.start()
    catalogue, metrics = Catalogue(RedisCache(port)), Metrics()
    admin = await admin_listener()
    ready(2)
    async with asyncio.TaskGroup() as tg:
        beating = tg.create_task(beat(metrics), name="beat")
        pages = []
        for n in range(3):
            pages.append(tg.create_task(catalogue.page(), name=f"page-{n}"))
            await asyncio.sleep(0.1)
        await asyncio.gather(*pages)
        note("WAIT ENDED")
        beating.cancel()


asyncio.run(main())
