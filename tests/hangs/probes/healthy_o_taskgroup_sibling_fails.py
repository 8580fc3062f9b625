# healthy: taskgroup sibling fails
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: a sibling's failure ends the wait of the other task
import asyncio


class LinkDown(Exception):
    pass


async def receiver(frames):
    while True:
        frame = await frames.get()
        print(frame)


async def keepalive():
    await asyncio.sleep(DELAY)
    raise LinkDown("no pong")


async def session():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(receiver(asyncio.Queue()))
            group.create_task(keepalive())
    except* LinkDown as e:
        print(e.exceptions)


async def main():
    asyncio.get_running_loop().call_soon(print, "READY")
    await session()
    print("DONE", flush=True)


asyncio.run(main())
