# healthy: tg8 group cancel waiter of event
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def listener(event):
    await event.wait()


async def main():
    asyncio.get_running_loop().call_soon(print, "READY")
    try:
        async with asyncio.timeout(DELAY):
            async with asyncio.TaskGroup() as group:
                group.create_task(listener(asyncio.Event()))
    except TimeoutError:
        print("DONE", flush=True)


asyncio.run(main())
