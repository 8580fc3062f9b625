# healthy: eh2 task dies handler
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


async def fail():
    await asyncio.sleep(DELAY)
    raise OSError("unplugged")


async def main():
    loop = asyncio.get_running_loop()
    alarm = asyncio.Event()
    loop.set_exception_handler(lambda loop, context: alarm.set())
    asyncio.create_task(fail())
    print("READY", flush=True)
    await alarm.wait()
    print("DONE", flush=True)


asyncio.run(main())
