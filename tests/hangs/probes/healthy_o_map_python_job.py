# healthy: ac10 map python job
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
from concurrent.futures import ThreadPoolExecutor


def compute(n):
    time.sleep(DELAY)


def collect(pool, event):
    for result in pool.map(compute, [1]):
        event.set()


event = threading.Event()
pool = ThreadPoolExecutor(1)
threading.Thread(target=collect, args=(pool, event), daemon=True).start()
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
