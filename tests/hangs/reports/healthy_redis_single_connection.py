# healthy twin of redis_single_connection: the consumer polls every 20 s
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
            await asyncio.sleep(20)
            job = await self.client.lpop(KEY)
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
