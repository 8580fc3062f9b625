# healthy: as completed pool
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# jobs of a pool; the collector fills the slots of those who asked
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed


class Batch:
    def __init__(self, pool):
        self.pool = pool
        self.slots = {}

    def submit(self, number):
        future = self.pool.submit(self.compute, number)
        self.slots[future] = threading.Event()
        return self.slots[future]

    def compute(self, number):
        time.sleep(DELAY if number == 2 else 0.1)
        return number * number

    def collect(self):
        for future in as_completed(list(self.slots)):
            print(future.result())
            self.slots[future].set()


batch = Batch(ThreadPoolExecutor(2))
events = [batch.submit(n) for n in range(3)]
threading.Thread(target=batch.collect, daemon=True).start()
print("READY", flush=True)
events[2].wait()
print("DONE", flush=True)
