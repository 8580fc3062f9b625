# healthy: dp3 iter only unpack method
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Point:
    def __init__(self):
        self.used = threading.Event()

    def __iter__(self):
        self.used.set()
        return iter((1, 2))


def work(point):
    time.sleep(DELAY)
    x, y = point


point = Point()
threading.Thread(target=work, args=(point,), daemon=True).start()
print("READY", flush=True)
point.used.wait()
print("DONE", flush=True)
