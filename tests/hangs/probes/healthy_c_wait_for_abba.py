# ABBA of two tasks, but one waits with a timeout of 20 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

async def a(x, y):
    async with x:
        await asyncio.sleep(0.1)
        try: await asyncio.wait_for(y.acquire(), 20)
        except TimeoutError: pass
async def b(x, y):
    async with y:
        await asyncio.sleep(0.1)
        async with x: pass
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    x, y = asyncio.Lock(), asyncio.Lock()
    await asyncio.gather(a(x, y), b(x, y))
asyncio.run(main())
