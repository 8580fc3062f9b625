# healthy: tg2 body raises
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def receiver(frames):
    await frames.get()


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(receiver(asyncio.Queue()))
            print("READY", flush=True)
            await asyncio.sleep(DELAY)
            raise OSError("no pong")
    except* OSError:
        print("DONE", flush=True)


asyncio.run(main())
