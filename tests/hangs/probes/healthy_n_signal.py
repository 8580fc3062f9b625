# healthy: signal
import asyncio, threading, time, queue, signal
signal.alarm(300)
import uvloop
async def hb():
    while True: await asyncio.sleep(0.5)
async def main():
    loop = asyncio.get_running_loop(); e = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, e.set)
    loop.call_later(1, print, "READY")
    await e.wait()
uvloop.run(main())
