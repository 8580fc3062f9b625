# a blocking pop has the lock of the single connection that the push needs which would end it (rebuilds aio-libs-abandoned/aioredis-py issue 421)
import asyncio, signal
import redis.asyncio as redis
signal.alarm(900)
KEY = "fresh-jobs-421"

class Jobs:
    def __init__(self, client):
        self.client = client
        self.done = []
    async def consume(self):
        while True:
            key, job = await self.client.blpop(KEY, timeout=0)
            self.done.append(job)
    async def produce(self):
        await asyncio.sleep(0.4)
        await self.client.rpush(KEY, "job")
        await self.client.delete(KEY)
        while True:
            await asyncio.sleep(1)

async def heartbeat(jobs):
    while True:
        await asyncio.sleep(0.1)
        len(jobs.done)

async def main():
    client = redis.Redis(port=16399, db=9, single_connection_client=True, socket_timeout=None)
    await client.delete(KEY)
    jobs = Jobs(client)
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(heartbeat(jobs), name="heartbeat")
        group.create_task(jobs.consume(), name="consume")
        group.create_task(jobs.produce(), name="produce")

asyncio.run(main())
