# healthy: tg6 group plain get
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def keepalive():
    await asyncio.sleep(DELAY)
    raise OSError("no pong")


async def main():
    asyncio.get_running_loop().call_soon(print, "READY")
    event = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(keepalive())
            await event.wait()
    except* OSError:
        print("DONE", flush=True)


asyncio.run(main())
