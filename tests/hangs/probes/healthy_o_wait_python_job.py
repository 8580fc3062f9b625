# healthy: ac8 wait python job
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
from concurrent.futures import ThreadPoolExecutor, wait


def compute():
    time.sleep(DELAY)


def collect(future, event):
    wait([future])
    event.set()


event = threading.Event()
future = ThreadPoolExecutor(1).submit(compute)
threading.Thread(target=collect, args=(future, event), daemon=True).start()
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
