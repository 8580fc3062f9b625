# healthy: trio event
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# trio: an event set by a sibling of the nursery
import trio


class Boiler:
    def __init__(self):
        self.hot = trio.Event()

    async def heat(self):
        await trio.sleep(DELAY)
        self.hot.set()


async def tea(boiler):
    await boiler.hot.wait()
    print("DONE", flush=True)


async def main():
    boiler = Boiler()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(boiler.heat)
        nursery.start_soon(tea, boiler)
        print("READY", flush=True)


trio.run(main)
