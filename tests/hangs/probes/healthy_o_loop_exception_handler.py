# healthy: loop exception handler
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: the loop's exception handler reports a failed callback
import asyncio


class Watchdog:
    def __init__(self):
        self.alarm = asyncio.Event()

    def handle(self, loop, context):
        print(context["message"])
        self.alarm.set()


class Sensor:
    def read(self):
        raise OSError("sensor unplugged")


async def main():
    loop = asyncio.get_running_loop()
    watchdog = Watchdog()
    loop.set_exception_handler(watchdog.handle)
    loop.call_later(DELAY, Sensor().read)
    print("READY", flush=True)
    await watchdog.alarm.wait()
    print("DONE", flush=True)


asyncio.run(main())
