# somebody alive ends the wait after 45 s: holder agen session
import signal
signal.alarm(900)
import asyncio, functools, contextlib, weakref, time, threading, itertools, contextvars
async def wait(lock):
    async with lock:
        pass
async def session(lock):
    await lock.acquire()
    try:
        yield 1
    finally:
        lock.release()
async def hold(lock):
    async for s in session(lock):
        await asyncio.sleep(45)
async def main():
    lock = asyncio.Lock()
    h = asyncio.create_task(hold(lock), name='holder')
    await asyncio.sleep(.1)
    t = asyncio.create_task(wait(lock), name='waiter')
    print('READY', flush=True)
    await t
asyncio.run(main())
