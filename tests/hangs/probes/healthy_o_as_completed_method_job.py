# healthy: ac4 as completed method job
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed


class Batch:
    def __init__(self, pool):
        self.event = threading.Event()
        self.future = pool.submit(self.compute)

    def compute(self):
        time.sleep(DELAY)

    def collect(self):
        for future in as_completed([self.future]):
            self.event.set()


batch = Batch(ThreadPoolExecutor(1))
threading.Thread(target=batch.collect, daemon=True).start()
print("READY", flush=True)
batch.event.wait()
print("DONE", flush=True)
