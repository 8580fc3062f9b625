# healthy: pool initializer state
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# workers' state comes from the pool's initializer
import threading
from concurrent.futures import ThreadPoolExecutor

worker = threading.local()


class Progress:
    def __init__(self, total):
        self.left = total
        self.lock = threading.Lock()
        self.complete = threading.Event()

    def step(self):
        with self.lock:
            self.left -= 1
            if not self.left:
                self.complete.set()


def setup(progress):
    worker.progress = progress


def crop(seconds):
    time.sleep(seconds)
    worker.progress.step()


progress = Progress(3)
pool = ThreadPoolExecutor(2, initializer=setup, initargs=(progress,))
pool.map(crop, [0.1, DELAY, 0.1])
print("READY", flush=True)
progress.complete.wait()
print("DONE", flush=True)
