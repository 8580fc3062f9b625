# healthy: asend actor
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: an actor made of an async generator, driven with asend
import asyncio


class Counter:
    def __init__(self):
        self.full = asyncio.Event()

    async def behaviour(self):
        count = 0
        while True:
            amount = yield count
            count += amount
            if count >= 2:
                self.full.set()


async def feeder(actor):
    await actor.asend(None)
    while True:
        await actor.asend(1)
        await asyncio.sleep(DELAY)


async def main():
    counter = Counter()
    full = counter.full
    task = asyncio.create_task(feeder(counter.behaviour()))
    del counter
    await asyncio.sleep(0)
    print("READY", flush=True)
    await full.wait()
    print("DONE", flush=True)


asyncio.run(main())
