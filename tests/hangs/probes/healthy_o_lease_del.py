# healthy: lease del
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a lease gives its slot back when nobody refers to it any more
import threading


class Lease:
    def __init__(self, slots):
        self.slots = slots

    def __del__(self):
        self.slots.release()


class Limiter:
    def __init__(self, n):
        self.slots = threading.Semaphore(n)

    def lease(self):
        self.slots.acquire()
        return Lease(self.slots)


def render(limiter, started):
    lease = limiter.lease()
    started.set()
    time.sleep(DELAY)


limiter = Limiter(1)
started = threading.Event()
threading.Thread(target=render, args=(limiter, started), daemon=True).start()
started.wait()
print("READY", flush=True)
lease = limiter.lease()
print("DONE", flush=True)
