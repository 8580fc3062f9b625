# a Redis work list; the pool is bounded
import asyncio, os, signal
import redis.asyncio as redis
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
KEY = f"fresh6:jobs:{os.getpid()}"

class WorkList:
    def __init__(self, client): self.client, self.taken = client, []
    async def take(self):
        while True:
            key, raw = await self.client.blpop([KEY], timeout=0)
            self.taken.append(raw)
            print("ENDED", raw, flush=True)
    async def push(self, item):
        await self.client.rpush(KEY, item)

class Producer:
    def __init__(self, work, every): self.work, self.every, self.n = work, every, 0
    async def run(self):
        while True:
            await asyncio.sleep(self.every)
            self.n += 1
            await self.work.push(f"job-{self.n}")

def make_pool(size):
    return redis.BlockingConnectionPool(host="127.0.0.1", port=16399, max_connections=size, timeout=None)

class Metrics:
    samples: list = []
    @classmethod
    async def pump(cls, work):
        while True:
            await asyncio.sleep(1)
            cls.samples = [*cls.samples[-5:], len(work.taken)]

async def main():
    client = redis.Redis(connection_pool=make_pool(1))
    work = WorkList(client)
    async with asyncio.TaskGroup() as tg:
        tg.create_task(Metrics.pump(work), name="metrics")
        tg.create_task(work.take(), name="take")
        other = WorkList(redis.Redis(connection_pool=make_pool(1)))
        tg.create_task(Producer(other, LAG).run(), name="push")
        await asyncio.sleep(1.5)
        print("READY", os.getpid(), flush=True)

asyncio.run(main())
