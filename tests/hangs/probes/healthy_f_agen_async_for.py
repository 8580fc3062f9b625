# an async generator has a lock; the body of the async for over it sleeps 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

lock = asyncio.Lock()
async def rows():
    async with lock:
        yield 1
async def reader():
    async for x in rows():
        await asyncio.sleep(25)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    t = asyncio.create_task(reader()); await asyncio.sleep(0.1)
    async with lock: pass
asyncio.run(main())
