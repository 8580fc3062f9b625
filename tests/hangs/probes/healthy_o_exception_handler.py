# healthy: eh1 exception handler
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio


def fail():
    raise OSError("unplugged")


async def main():
    loop = asyncio.get_running_loop()
    alarm = asyncio.Event()
    loop.set_exception_handler(lambda loop, context: alarm.set())
    loop.call_later(DELAY, fail)
    print("READY", flush=True)
    await alarm.wait()
    print("DONE", flush=True)


asyncio.run(main())
