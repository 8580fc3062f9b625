"""Three tasks, three locks, each taken through a helper context manager: a cycle of three."""
import asyncio, contextlib, signal
signal.alarm(900)


class Shard:
    def __init__(self, name):
        self.name = name
        self.lock = asyncio.Lock()


@contextlib.asynccontextmanager
async def exclusive(shard):
    async with shard.lock:
        yield shard


async def rebalance(donor, receiver):
    async with exclusive(donor):
        await asyncio.sleep(0.05)
        async with exclusive(receiver):
            return donor.name, receiver.name


async def main():
    shards = [Shard(name) for name in ("red", "green", "blue")]
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    jobs = []
    for i, shard in enumerate(shards):
        other = shards[(i + 1) % 3]
        jobs.append(asyncio.create_task(rebalance(shard, other), name=f"from-{shard.name}"))
    await asyncio.wait(jobs)


asyncio.run(main())
