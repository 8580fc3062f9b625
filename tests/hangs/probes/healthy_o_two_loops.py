# healthy: two loops
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# two event loops; the second one's timer wakes the first
import asyncio
import threading


class Remote:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def after(self, seconds, callback, *args):
        self.loop.call_soon_threadsafe(self.loop.call_later, seconds, callback, *args)


class Local:
    def __init__(self, loop):
        self.loop = loop
        self.event = asyncio.Event()

    def wake(self):
        self.loop.call_soon_threadsafe(self.event.set)


async def main():
    local = Local(asyncio.get_running_loop())
    remote = Remote()
    remote.after(DELAY, local.wake)
    await asyncio.sleep(0.1)
    print("READY", flush=True)
    await local.event.wait()
    print("DONE", flush=True)


asyncio.run(main())
