# healthy: setresult
import asyncio, threading, time, queue, signal
signal.alarm(300)
import uvloop
async def hb():
    while True: await asyncio.sleep(0.5)
async def main():
    f = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(45, f.set_result, 1)
    asyncio.get_running_loop().call_later(1, print, "READY")
    await f
uvloop.run(main())
