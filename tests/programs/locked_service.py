"""A service whose requests wait for one lock: `locked_service.py MILLISECONDS` that it is held."""
import asyncio
import random
import sys

HELD_S = float(sys.argv[1]) / 1000


async def handle(lock):
    async with lock:
        await asyncio.sleep(HELD_S * random.uniform(0.8, 1.2))
    await asyncio.sleep(0.1 * random.uniform(0.8, 1.2))


async def main():
    lock, tasks = asyncio.Lock(), set()
    print("READY", flush=True)
    while True:
        # Two come at a time, so that one of them waits.
        for _ in range(2):
            task = asyncio.ensure_future(handle(lock))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.sleep(0.4)


asyncio.run(main())
