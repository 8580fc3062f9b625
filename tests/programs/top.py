"""Tasks and a thread that stay as they are: `top.py`.

One task has a lock and sleeps, six want the lock, and a thread sleeps.
"""
import asyncio
import signal
import threading
import time

LIFETIME_S = 600


async def has_the_lock(lock):
    async with lock:
        await asyncio.sleep(LIFETIME_S)


async def wants_the_lock(lock):
    async with lock:
        pass


def sleeps():
    time.sleep(LIFETIME_S)


async def main():
    # A test that dies leaves nothing behind.
    signal.alarm(LIFETIME_S)
    threading.Thread(target=sleeps, name="a_thread", daemon=True).start()
    lock = asyncio.Lock()
    tasks = [asyncio.ensure_future(has_the_lock(lock))]
    await asyncio.sleep(0)
    tasks += [asyncio.ensure_future(wants_the_lock(lock)) for _ in range(6)]
    await asyncio.sleep(0.05)
    print("READY", flush=True)
    while True:
        await asyncio.sleep(0.1)


asyncio.new_event_loop().run_until_complete(main())
