# healthy: tg9 wait first exception
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def receiver(frames):
    await frames.get()


async def keepalive():
    await asyncio.sleep(DELAY)
    raise OSError


async def main():
    tasks = [asyncio.create_task(receiver(asyncio.Queue())), asyncio.create_task(keepalive())]
    print("READY", flush=True)
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in pending:
        task.cancel()
    print("DONE", flush=True)


asyncio.run(main())
