# healthy: event
import asyncio, threading, time, queue, signal
signal.alarm(300)
import uvloop
async def hb():
    while True: await asyncio.sleep(0.5)
async def main():
    e = asyncio.Event()
    asyncio.get_running_loop().call_later(45, e.set)
    asyncio.get_running_loop().call_later(1, print, "READY")
    await e.wait()
uvloop.run(main())
