# healthy: tornado callback
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# tornado: a locks.Event set from a timer of the IOLoop
import asyncio

from tornado import ioloop, locks


class Door:
    def __init__(self):
        self.open = locks.Event()

    def unlock(self):
        self.open.set()


async def main():
    door = Door()
    ioloop.IOLoop.current().add_timeout(time.time() + DELAY, door.unlock)
    print("READY", flush=True)
    await door.open.wait()
    print("DONE", flush=True)


asyncio.run(main())
