"""Locks that all have the same attribute name, taken in every way: one thread and one task still work, and the others wait for them."""
import asyncio
import contextlib
import signal
import threading
import time


class Orders:
    lock = threading.Lock()


class Stock:
    lock = threading.Lock()


class Bills:
    lock = threading.RLock()


class Shelf:
    def __init__(self):
        self.guard = asyncio.Lock()


FIRST, SECOND, THIRD, FOURTH = [None] * 4


@contextlib.contextmanager
def held(owned):
    owned.acquire()
    try:
        yield owned
    finally:
        owned.release()


@contextlib.asynccontextmanager
async def guarded(owned):
    await owned.acquire()
    try:
        yield owned
    finally:
        owned.release()


def write():
    with held(Bills.lock):
        Stock.lock.acquire()
        try:
            time.sleep(600)
        finally:
            Stock.lock.release()


def copy():
    time.sleep(0.1)
    Orders.lock.acquire()
    try:
        with Stock.lock:
            pass
    finally:
        Orders.lock.release()


def count():
    time.sleep(0.2)
    with Orders.lock:
        with Bills.lock:
            pass


def bill():
    time.sleep(0.1)
    with Bills.lock:
        pass


async def sort():
    async with guarded(FIRST.guard):
        await asyncio.sleep(0.1)
        async with SECOND.guard:
            await asyncio.sleep(0)


async def move():
    async with SECOND.guard:
        await asyncio.sleep(0.1)
        async with THIRD.guard:
            await asyncio.sleep(0)


async def weigh():
    async with guarded(THIRD.guard):
        await asyncio.sleep(0.1)
        async with guarded(FOURTH.guard):
            await asyncio.sleep(0)


async def pack():
    async with guarded(FOURTH.guard):
        await asyncio.sleep(600)


async def main():
    global FIRST, SECOND, THIRD, FOURTH
    signal.alarm(900)
    FIRST, SECOND, THIRD, FOURTH = [Shelf() for _ in range(4)]
    for work in (write, copy, count, bill):
        threading.Thread(target=work, daemon=True, name=work.__name__).start()
    tasks = [asyncio.ensure_future(each()) for each in (sort, move, weigh, pack)]
    await asyncio.sleep(0.6)
    print("READY", flush=True)
    await asyncio.gather(*tasks)


asyncio.run(main())
