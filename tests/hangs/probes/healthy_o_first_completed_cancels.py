# healthy: tg4 first completed cancels
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def receiver(frames):
    await frames.get()


async def main():
    get = asyncio.create_task(receiver(asyncio.Queue()))
    limit = asyncio.create_task(asyncio.sleep(DELAY))
    print("READY", flush=True)
    done, pending = await asyncio.wait([get, limit], return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    print("DONE", flush=True)


asyncio.run(main())
