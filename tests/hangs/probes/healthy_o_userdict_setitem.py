# healthy: tm3 userdict setitem
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import collections
import threading


class Watched(collections.UserDict):
    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self.event.set()


def work(data):
    time.sleep(DELAY)
    data.update(a=1)


data = Watched()
threading.Thread(target=work, args=(data,), daemon=True).start()
print("READY", flush=True)
data.event.wait()
print("DONE", flush=True)
