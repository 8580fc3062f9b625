"""A program to record: all that it does has a known name, and most of it a known time.

It writes one line of JSON when it is ready, and ends when its standard input ends.
"""

import asyncio
import json
import os
import queue
import sys
import threading
import time
import types

# Names that would break out of a page, a line or a terminal if they were written as they are.
HOSTILE = "odd </script><script>broken=1</script>;\x1b[31m\u202e&amp; 'x' \"y\" 7"
HOSTILE_THREAD = "odd <b>thread</b>; of\nline 2"

# How many tasks there are of each coroutine, all the time.
TASKS = {
    "main": 1,
    "holder": 1,
    "waiter": 3,
    "producer": 1,
    "consumer": 2,
    "sleeper": 4,
    "blocker": 1,
    HOSTILE: 1,
}
# Threads by name. Numbers of names are one group: N.
THREADS = {"MainThread": 1, "worker-N": 2, HOSTILE_THREAD.replace("2", "N"): 1}
BLOCKS_S = 0.06


def block():
    """Uses the processor for a while, and blocks the loop."""
    end = time.perf_counter() + BLOCKS_S
    while time.perf_counter() < end:
        pass


async def holder(lock):
    while True:
        async with lock:
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.01)


async def waiter(lock):
    while True:
        async with lock:
            await asyncio.sleep(0.01)


async def producer(jobs):
    while True:
        await asyncio.sleep(0.05)
        await jobs.put("job")


async def consumer(jobs):
    while True:
        await jobs.get()


async def sleeper():
    while True:
        await asyncio.sleep(0.3)


async def blocker():
    while True:
        await asyncio.sleep(0.4)
        block()


async def odd():
    while True:
        await asyncio.sleep(0.25)


def renamed(function, name):
    """The coroutine function under another name."""
    names = {"co_name": name}
    if sys.version_info >= (3, 11):
        names["co_qualname"] = name
    code = function.__code__.replace(**names)
    new = types.FunctionType(code, function.__globals__, name)
    new.__qualname__ = name
    return new


def worker(jobs):
    """A thread that waits for jobs and does them."""
    while True:
        jobs.get()


async def main():
    lock, jobs, thread_jobs = asyncio.Lock(), asyncio.Queue(4), queue.Queue()
    for name in ("worker-1", "worker-2", HOSTILE_THREAD):
        threading.Thread(target=worker, args=(thread_jobs,), name=name, daemon=True).start()
    tasks = [asyncio.ensure_future(holder(lock)), asyncio.ensure_future(blocker())]
    tasks += [asyncio.ensure_future(waiter(lock)) for _ in range(3)]
    tasks += [asyncio.ensure_future(producer(jobs))]
    tasks += [asyncio.ensure_future(consumer(jobs)) for _ in range(2)]
    tasks += [asyncio.ensure_future(sleeper()) for _ in range(4)]
    tasks += [asyncio.ensure_future(renamed(odd, HOSTILE)())]
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, ended.set)
    await asyncio.sleep(0.5)
    about = {"pid": os.getpid(), "tasks": TASKS, "threads": THREADS, "blocks_s": BLOCKS_S}
    print(json.dumps(about), flush=True)
    await ended.wait()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
