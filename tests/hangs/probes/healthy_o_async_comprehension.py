# healthy: tm7 async comprehension
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


class Rows:
    def __init__(self):
        self.read = asyncio.Event()

    async def __aiter__(self):
        yield 1
        self.read.set()


async def report(rows):
    await asyncio.sleep(DELAY)
    return [row async for row in rows]


async def main():
    rows = Rows()
    task = asyncio.create_task(report(rows))
    print("READY", flush=True)
    await rows.read.wait()
    print("DONE", flush=True)


asyncio.run(main())
