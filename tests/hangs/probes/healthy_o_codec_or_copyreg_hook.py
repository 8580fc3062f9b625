# healthy: so10 codec or copyreg hook
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import pickle
import copyreg
import threading


class Point:
    pass


class Counter:
    def __init__(self):
        self.pickled = threading.Event()
        copyreg.pickle(Point, self.reduce)

    def reduce(self, point):
        self.pickled.set()
        return (Point, ())


def work():
    time.sleep(DELAY)
    pickle.dumps(Point())


counter = Counter()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
counter.pickled.wait()
print("DONE", flush=True)
