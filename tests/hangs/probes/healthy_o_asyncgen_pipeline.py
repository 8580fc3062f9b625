# healthy: asyncgen pipeline
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: stages as async generators; the last stage finishes a future
import asyncio
import contextlib


async def source(seconds):
    for number in range(3):
        yield number
        await asyncio.sleep(seconds)


async def numbered(items):
    index = 0
    async for item in items:
        index += 1
        yield index, item


class Sink:
    def __init__(self):
        self.third = asyncio.get_running_loop().create_future()

    async def send(self, index, item):
        if index == 3:
            self.third.set_result(item)


async def pump(items, send):
    async with contextlib.aclosing(items) as stream:
        async for pair in stream:
            await send(*pair)


async def main():
    sink = Sink()
    task = asyncio.create_task(pump(numbered(source(DELAY / 2)), sink.send))
    print("READY", flush=True)
    await sink.third
    print("DONE", flush=True)


asyncio.run(main())
