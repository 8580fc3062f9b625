"""A loop that blocks, runs or polls since a moment that the program writes down.

The mode is the argument. READY is followed by two moments of `time.monotonic()` as
JSON: what is to be seen began between them.
"""

import asyncio
import json
import selectors
import sys
import time

FOREVER_S = 3600
before = None


def ready():
    print("READY", json.dumps([before, time.monotonic()]), flush=True)


def note():
    """Called last in an iteration: the next one begins after this."""
    global before
    before = time.monotonic()


def other():
    pass


def block():
    ready()
    time.sleep(FOREVER_S)


def select():
    ready()
    selectors.DefaultSelector().select(FOREVER_S)


def compute():
    ready()
    while True:
        now = time.monotonic()  # noqa: F841: the test reads it


def batch(*callbacks):
    def run(loop):
        for callback in callbacks:
            loop.call_soon(callback)
        note()

    return run


def in_a_task(loop):
    future = loop.create_future()

    async def step():
        await future
        block()

    task = asyncio.ensure_future(step())
    loop.call_soon(future.set_result, None)
    # The task wakes in the iteration after that.
    loop.call_soon(note)
    return task


def polls(loop):
    async def sleep():
        note()
        loop.call_soon(ready)
        await asyncio.sleep(FOREVER_S)

    return asyncio.ensure_future(sleep())


MODES = {
    "first": batch(block),
    "third": batch(other, other, block, other),
    "selects": batch(select),
    "computes": batch(compute),
    "in_a_task": in_a_task,
    "polls": polls,
}


async def main():
    kept = MODES[sys.argv[1]](asyncio.get_event_loop())
    await asyncio.sleep(FOREVER_S)
    del kept


asyncio.new_event_loop().run_until_complete(main())
