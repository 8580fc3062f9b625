# healthy: dp4 for in function
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Rows:
    def __init__(self):
        self.read = threading.Event()

    def __iter__(self):
        yield 1
        self.read.set()


def total(rows):
    result = 0
    for row in rows:
        result += row
    return result


def work(rows):
    time.sleep(DELAY)
    total(rows)


rows = Rows()
threading.Thread(target=work, args=(rows,), daemon=True).start()
print("READY", flush=True)
rows.read.wait()
print("DONE", flush=True)
