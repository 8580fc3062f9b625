# redis-lock-py #3: the lock was released between the failed SET NX and the SUBSCRIBE; the waiter waits for a message that has been sent
import asyncio, signal
import redis.asyncio as redis
import miniredis
from svckit import Metrics, beat, note, ready
signal.alarm(900)


class RedisLock:
    def __init__(self, client, name):
        self.client, self.name, self.channel = client, f"lock:{name}", f"unlock:{name}"

    async def __aenter__(self):
        while not await self.client.set(self.name, "1", nx=True):
            await self._wait_for_message()
        return self

    async def _wait_for_message(self):
        await asyncio.sleep(0.3)
        async with self.client.pubsub() as pubsub:
            await pubsub.subscribe(self.channel)
            async for message in pubsub.listen():
                if message["type"] == "message":
                    return

    async def __aexit__(self, *exc):
        await self.client.delete(self.name)
        await self.client.publish(self.channel, "unlock")


class Invoices:
    def __init__(self, client):
        self.client = client

    async def close_month(self, work):
        async with RedisLock(self.client, "invoices"):
            await asyncio.sleep(work)
        note("closed")


async def main():
    child, port = miniredis.start()
    client, metrics = redis.Redis(host="127.0.0.1", port=port, protocol=2, socket_timeout=None), Metrics()
    invoices = Invoices(client)
    beating = asyncio.create_task(beat(metrics), name="beat")
    ready(2)
    first = asyncio.create_task(invoices.close_month(20), name="close-1")
    await asyncio.sleep(0.05)
    await asyncio.create_task(invoices.close_month(0.1), name="close-2")
    note("WAIT ENDED")


asyncio.run(main())
