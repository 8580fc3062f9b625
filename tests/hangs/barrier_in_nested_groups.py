"""Nested task groups under a timeout without limit: a Barrier for three parties at which only two ever arrive (3.11+)."""
import asyncio, signal
signal.alarm(900)


async def shard(barrier, n):
    await asyncio.sleep(0.01 * n)
    await barrier.wait()
    return n


async def stage(barrier, count):
    async with asyncio.TaskGroup() as shards:
        for n in range(count):
            shards.create_task(shard(barrier, n), name=f"shard-{n}")


async def job(barrier):
    async with asyncio.TaskGroup() as stages:
        stages.create_task(stage(barrier, 2), name="stage")


async def main():
    barrier = asyncio.Barrier(3)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    async with asyncio.timeout(None):
        await job(barrier)


asyncio.run(main())
