# healthy: im deepcopy
import os
import time
import copy
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __deepcopy__(self, memo):
        self.event.set()
        return self


def build(source):
    time.sleep(DELAY)
    copy.deepcopy([source])


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
