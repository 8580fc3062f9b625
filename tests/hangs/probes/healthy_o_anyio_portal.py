# healthy: anyio portal
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# anyio: a blocking portal; the async side wakes the thread
import threading

import anyio
from anyio.from_thread import start_blocking_portal


class Light:
    def __init__(self):
        self.green = threading.Event()

    async def cycle(self):
        await anyio.sleep(DELAY)
        self.green.set()


with start_blocking_portal() as portal:
    light = Light()
    portal.start_task_soon(light.cycle)
    print("READY", flush=True)
    light.green.wait()
print("DONE", flush=True)
