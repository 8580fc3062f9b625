# healthy: run until future
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: run_until_complete of a bare future, set by a thread through a slot object
import asyncio
import threading


class Slot:
    __slots__ = ("loop", "future")

    def __init__(self, loop):
        self.loop = loop
        self.future = loop.create_future()

    def fill(self, value):
        self.loop.call_soon_threadsafe(self.future.set_result, value)


class Scanner(threading.Thread):
    def __init__(self, **slots):
        super().__init__(daemon=True, kwargs=slots)
        self.slots = slots

    def run(self):
        time.sleep(DELAY)
        for slot in self.slots.values():
            slot.fill("barcode")


loop = asyncio.new_event_loop()
slot = Slot(loop)
Scanner(code=slot).start()
print("READY", flush=True)
print(loop.run_until_complete(slot.future))
print("DONE", flush=True)
