# healthy: ac12 main as completed
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
from concurrent.futures import ThreadPoolExecutor, as_completed


def compute():
    time.sleep(DELAY)


future = ThreadPoolExecutor(1).submit(compute)
print("READY", flush=True)
for done in as_completed([future]):
    print("DONE", flush=True)
