# Image pipeline on trio: blocking codecs run in threads, a limiter of two keeps memory in bounds.
import signal
import time
from functools import partial

import trio

signal.alarm(900)


class CodecExecutor:
    def __init__(self, threads):
        self.limiter = trio.CapacityLimiter(threads)
        self.encoded = 0

    async def submit(self, function, *args):
        slot = object()
        await self.limiter.acquire_on_behalf_of(slot)
        try:
            await trio.sleep(0.05)
            return await trio.to_thread.run_sync(partial(function, *args), limiter=self.limiter)
        finally:
            self.limiter.release_on_behalf_of(slot)
            self.encoded += 1


def encode(name):
    time.sleep(0.3)
    return name + ".webp"


async def album(executor, number):
    async with trio.open_nursery() as nursery:
        for picture in ("front", "back", "side", "top"):
            nursery.start_soon(executor.submit, encode, f"{number}-{picture}", name=f"encode-{picture}")


async def health(executor):
    while True:
        await trio.sleep(2)
        print("encoded", executor.encoded, flush=True)


async def ready():
    await trio.sleep(1.5)
    print("READY", flush=True)


async def main():
    executor = CodecExecutor(2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(health, executor)
        nursery.start_soon(ready)
        number = 0
        while True:
            number += 1
            await album(executor, number)
            await trio.sleep(0.5)


trio.run(main)
