# healthy: im copy
import os
import time
import copy
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __copy__(self):
        self.event.set()
        return self


def build(source):
    time.sleep(DELAY)
    copy.copy(source)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
