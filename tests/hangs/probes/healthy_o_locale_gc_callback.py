# healthy: so15 locale gc callback
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gc
import threading


class Meter:
    def __init__(self):
        self.collected = threading.Event()
        gc.callbacks.append(self.on_gc)

    def on_gc(self, phase, info):
        self.collected.set()


def work():
    time.sleep(DELAY)
    gc.collect()


gc.disable()
meter = Meter()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
meter.collected.wait()
print("DONE", flush=True)
