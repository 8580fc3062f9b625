# healthy: tm6 asyncio comprehension
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


class Rows:
    def __init__(self, rows):
        self.rows = rows
        self.read = asyncio.Event()

    def __iter__(self):
        for row in self.rows:
            yield row
        self.read.set()


async def report(rows):
    await asyncio.sleep(DELAY)
    return [row * 2 for row in rows]


async def main():
    rows = Rows([1, 2])
    task = asyncio.create_task(report(rows))
    print("READY", flush=True)
    await rows.read.wait()
    print("DONE", flush=True)


asyncio.run(main())
