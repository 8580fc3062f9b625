# healthy: tg13 anyio sibling raises
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import anyio


async def receiver(event):
    await event.wait()


async def keepalive():
    await anyio.sleep(DELAY)
    raise OSError


async def main():
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(receiver, anyio.Event())
            group.start_soon(keepalive)
            print("READY", flush=True)
    except* OSError:
        print("DONE", flush=True)


anyio.run(main)
