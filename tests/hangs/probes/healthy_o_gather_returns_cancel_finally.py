# healthy: tg11 gather returns cancel finally
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def receiver(frames):
    await frames.get()


async def limited():
    await asyncio.sleep(DELAY)


async def main():
    rx = asyncio.create_task(receiver(asyncio.Queue()))
    try:
        print("READY", flush=True)
        await limited()
    finally:
        rx.cancel()
    await asyncio.wait([rx])
    print("DONE", flush=True)


asyncio.run(main())
