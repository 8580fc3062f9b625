# healthy: pf8 list of iterable
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Rows:
    def __init__(self):
        self.event = threading.Event()

    def __iter__(self):
        yield 1
        self.event.set()


def build(rows):
    time.sleep(DELAY)
    print(sum(rows))


rows = Rows()
threading.Thread(target=build, args=(rows,), daemon=True).start()
print("READY", flush=True)
rows.event.wait()
print("DONE", flush=True)
