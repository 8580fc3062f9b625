# healthy: dp5 already in list call
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Rows:
    def __init__(self):
        self.read = threading.Event()

    def __iter__(self):
        time.sleep(DELAY)
        yield 1
        self.read.set()


def work(rows):
    print(list(rows))


rows = Rows()
threading.Thread(target=work, args=(rows,), daemon=True).start()
print("READY", flush=True)
rows.read.wait()
print("DONE", flush=True)
