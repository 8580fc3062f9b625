# healthy: tg5 gather raises
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
    print("READY", flush=True)
    try:
        await asyncio.gather(receiver(asyncio.Queue()), keepalive())
    except OSError:
        print("DONE", flush=True)


asyncio.run(main())
