# healthy: cv7 executor context run
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio
import contextvars
import threading

current = contextvars.ContextVar("current")


def backend():
    time.sleep(DELAY)
    current.get().call_soon()


class Waker:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.event = asyncio.Event()

    def call_soon(self):
        self.loop.call_soon_threadsafe(self.event.set)


async def background():
    await asyncio.to_thread(backend)


async def main():
    waker = Waker()
    current.set(waker)
    task = asyncio.create_task(background())
    print("READY", flush=True)
    await waker.event.wait()
    print("DONE", flush=True)


asyncio.run(main())
