# healthy: tm10 comprehension over attr
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


class Report:
    def __init__(self, rows):
        self.rows = rows

    def run(self):
        time.sleep(DELAY)
        return [row for row in self.rows]


rows = Rows()
threading.Thread(target=Report(rows).run, daemon=True).start()
print("READY", flush=True)
rows.read.wait()
print("DONE", flush=True)
