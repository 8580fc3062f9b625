"""Locks of every kind, each held by somebody and wanted by somebody else, and
tasks that something or nothing keeps: `holders.py TRUTH.json`.

The line that takes a lock ends in `# holds NAME`; `wants_NAME` (a coroutine or
a thread) waits for it.
"""

import asyncio
import contextlib
import gc
import sys
import threading
import time

import cases

FOREVER_S = 3600


def holding_lines():
    with open(__file__, encoding="utf-8") as source:
        lines = source.read().splitlines()
    marked = [(line.rsplit("# holds ", 1), number) for number, line in enumerate(lines, 1)]
    return {parts[1]: number for parts, number in marked if len(parts) == 2 and parts[1].isidentifier()}


async def holds_plain(lock):
    async with lock:  # holds plain
        await asyncio.sleep(FOREVER_S)


async def wants_plain(lock):
    async with lock:
        pass


async def holds_second(first, second):
    async with first:
        if second is not None:
            async with second:  # holds second
                await asyncio.sleep(FOREVER_S)


async def wants_second(lock):
    await lock.acquire()


@contextlib.asynccontextmanager
async def guarded(lock):
    async with lock:  # holds managed
        yield lock


async def holds_managed(lock):
    async with guarded(lock):
        await asyncio.sleep(FOREVER_S)


async def wants_managed(lock):
    async with guarded(lock):
        pass


async def holds_permit(semaphore):
    for _ in range(3):
        async with semaphore:  # holds permit
            await asyncio.sleep(FOREVER_S)


async def wants_permit(semaphore):
    async with semaphore:
        pass


async def gives_back(condition):
    async with condition:
        await condition.wait()


async def holds_condition(condition):
    async with condition:  # holds condition
        await asyncio.sleep(FOREVER_S)


async def wants_condition(condition):
    async with condition:
        pass


def holds_thread(lock, taken):
    try:
        with lock:  # holds thread
            taken.set()
            time.sleep(FOREVER_S)
    finally:
        pass


def wants_thread(lock):
    with lock:
        pass


def holds_reentrant(lock, taken):
    with lock:
        with lock:  # holds reentrant
            taken.set()
            time.sleep(FOREVER_S)


def wants_reentrant(lock):
    with lock:
        pass


async def lost_future():
    await asyncio.get_event_loop().create_future()


async def lost_event():
    await asyncio.Event().wait()


async def lost_queue():
    queue = asyncio.Queue()
    await queue.get()


async def lost_deeper():
    await lost_queue()


async def kept_by_timer():
    await asyncio.sleep(FOREVER_S)


async def kept_by_event(event):
    await event.wait()


async def kept_by_name():
    await asyncio.get_event_loop().create_future()


async def kept_future(keeper):
    keeper.append(asyncio.get_event_loop().create_future())
    await keeper[0]


def start_threads():
    for name, lock, hold, want in (
        ("thread", threading.Lock(), holds_thread, wants_thread),
        ("reentrant", threading.RLock(), holds_reentrant, wants_reentrant),
    ):
        taken = threading.Event()
        threading.Thread(target=hold, args=(lock, taken), name="holds_" + name, daemon=True).start()
        taken.wait()
        threading.Thread(target=want, args=(lock,), name="wants_" + name, daemon=True).start()


def publish():
    cases.wait_for_rest()
    cases.write(sys.argv[1], {"lines": holding_lines()})
    cases.ready(sys.argv[1])


async def main():
    cases.arm()
    gc.disable()
    start_threads()
    loop = asyncio.get_event_loop()
    plain, first, second, managed = (asyncio.Lock() for _ in range(4))
    semaphore, condition = asyncio.Semaphore(1), asyncio.Condition()
    event, keeper = asyncio.Event(), []
    for coroutine in (
        holds_plain(plain),
        wants_plain(plain),
        holds_second(first, second),
        wants_second(second),
        holds_managed(managed),
        wants_managed(managed),
        holds_permit(semaphore),
        wants_permit(semaphore),
        gives_back(condition),
        holds_condition(condition),
        wants_condition(condition),
        lost_future(),
        lost_event(),
        lost_queue(),
        lost_deeper(),
        kept_by_timer(),
        kept_by_event(event),
        kept_future(keeper),
    ):
        loop.create_task(coroutine)
    del coroutine
    named = loop.create_task(kept_by_name())
    await cases.settle(loop)
    threading.Thread(target=publish, name="publisher", daemon=True).start()
    await asyncio.sleep(FOREVER_S)
    print(named, event, keeper)


if __name__ == "__main__":
    asyncio.run(main())
