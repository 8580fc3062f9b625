# healthy: cached property wait
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# one thread computes a cached property under a lock, the other waits for the lock
import functools
import threading


class Model:
    def __init__(self):
        self.lock = threading.RLock()

    @functools.cached_property
    def weights(self):
        with self.lock:
            if "weights" in self.__dict__:
                return self.__dict__["weights"]
            time.sleep(DELAY)
            return [1.0]


model = Model()


def warm():
    model.weights


threading.Thread(target=warm, daemon=True).start()
time.sleep(0.2)
print("READY", flush=True)
print(model.weights)
print("DONE", flush=True)
