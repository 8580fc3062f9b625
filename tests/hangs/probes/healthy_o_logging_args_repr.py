# healthy: pf7 logging args repr
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import logging
import threading


class Lazy:
    def __init__(self):
        self.event = threading.Event()

    def __repr__(self):
        self.event.set()
        return "lazy"


def build(lazy):
    time.sleep(DELAY)
    logging.warning("got %r", lazy)


lazy = Lazy()
threading.Thread(target=build, args=(lazy,), daemon=True).start()
print("READY", flush=True)
lazy.event.wait()
print("DONE", flush=True)
