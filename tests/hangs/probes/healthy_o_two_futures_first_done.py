# healthy: ac5 two futures first done
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed


class Batch:
    def __init__(self, futures):
        self.futures = futures
        self.event = threading.Event()

    def collect(self):
        for future in as_completed(self.futures):
            if future is self.futures[1]:
                self.event.set()


pool = ThreadPoolExecutor(2)
batch = Batch([pool.submit(time.sleep, 0.1), pool.submit(time.sleep, DELAY)])
threading.Thread(target=batch.collect, daemon=True).start()
print("READY", flush=True)
batch.event.wait()
print("DONE", flush=True)
