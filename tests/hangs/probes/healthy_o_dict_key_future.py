# healthy: ac2 dict key future
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed


class Batch:
    def __init__(self, future):
        self.events = {future: threading.Event()}

    def collect(self):
        for future in as_completed(list(self.events)):
            self.events[future].set()


future = ThreadPoolExecutor(1).submit(time.sleep, DELAY)
batch = Batch(future)
threading.Thread(target=batch.collect, daemon=True).start()
print("READY", flush=True)
batch.events[future].wait()
print("DONE", flush=True)
