# healthy: tg1 sibling raises
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def receiver(frames):
    await frames.get()


async def keepalive():
    await asyncio.sleep(DELAY)
    raise OSError("no pong")


async def main():
    asyncio.get_running_loop().call_soon(print, "READY")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(receiver(asyncio.Queue()))
            group.create_task(keepalive())
    except* OSError:
        print("DONE", flush=True)


asyncio.run(main())
