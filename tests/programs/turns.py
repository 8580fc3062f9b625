"""Workers that take turns with a lock, until one task keeps it for ever: `turns.py`.

It prints READY when all is well, and HUNG when the lock is gone, which is when it read a line from
its standard input. It ends with its input.
"""
import asyncio
import os
import sys


async def worker(lock):
    while True:
        async with lock:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)


async def forgets(lock, wanted):
    await wanted.wait()
    await lock.acquire()
    print("HUNG", flush=True)


def read(wanted):
    if not sys.stdin.readline():
        os._exit(0)
    wanted.set()


async def main():
    lock, wanted = asyncio.Lock(), asyncio.Event()
    asyncio.get_event_loop().add_reader(sys.stdin.fileno(), read, wanted)
    tasks = [asyncio.ensure_future(worker(lock)) for _ in range(5)]
    tasks.append(asyncio.ensure_future(forgets(lock, wanted)))
    print("READY", flush=True)
    await asyncio.gather(*tasks)


asyncio.run(main())
