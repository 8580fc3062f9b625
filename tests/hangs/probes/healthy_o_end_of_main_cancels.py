# healthy: tg7 end of main cancels
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def receiver(frames):
    await frames.get()


async def main():
    task = asyncio.create_task(receiver(asyncio.Queue()))
    print("READY", flush=True)
    await asyncio.sleep(DELAY)
    print("DONE", flush=True)


asyncio.run(main())
