# healthy: ac11 shutdown wait
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
from concurrent.futures import ThreadPoolExecutor


def compute():
    time.sleep(DELAY)


def collect(event):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(compute)
    event.set()


event = threading.Event()
threading.Thread(target=collect, args=(event,), daemon=True).start()
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
