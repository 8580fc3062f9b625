# healthy: pf6 print object str
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Lazy:
    def __init__(self):
        self.event = threading.Event()

    def __str__(self):
        self.event.set()
        return "lazy"


def build(lazy):
    time.sleep(DELAY)
    print(lazy)


lazy = Lazy()
threading.Thread(target=build, args=(lazy,), daemon=True).start()
print("READY", flush=True)
lazy.event.wait()
print("DONE", flush=True)
