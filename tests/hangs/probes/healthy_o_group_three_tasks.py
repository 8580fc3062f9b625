# healthy: tg10 group three tasks
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def receiver(frames):
    await frames.get()


async def heartbeat():
    while True:
        await asyncio.sleep(DELAY)
        raise ConnectionError("closed")


async def run_session():
    async with asyncio.TaskGroup() as group:
        frames = asyncio.Queue()
        group.create_task(receiver(frames))
        group.create_task(receiver(frames))
        group.create_task(heartbeat())


async def main():
    asyncio.get_running_loop().call_soon(print, "READY")
    session = asyncio.create_task(run_session())
    await asyncio.wait([session])
    print("DONE", flush=True)


asyncio.run(main())
