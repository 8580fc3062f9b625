# healthy: globals asyncio
import asyncio, threading, time, queue, signal
signal.alarm(300)
DONE = None
async def run(name): await asyncio.sleep(45); globals()[name].set()
async def main():
    global DONE
    DONE = asyncio.Event(); t = asyncio.create_task(run("DONE"))
    asyncio.get_running_loop().call_later(1, print, "READY")
    await DONE.wait()
asyncio.run(main())
