# healthy: tm9 generator method list
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Rows:
    def __init__(self):
        self.read = threading.Event()

    def all(self):
        yield 1
        self.read.set()


def report(rows):
    time.sleep(DELAY)
    print(sum(rows.all()))


rows = Rows()
threading.Thread(target=report, args=(rows,), daemon=True).start()
print("READY", flush=True)
rows.read.wait()
print("DONE", flush=True)
