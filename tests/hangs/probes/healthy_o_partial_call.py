# healthy: im partial call
import os
import time
import functools
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __call__(self):
        self.event.set()
        return None


def build(source):
    time.sleep(DELAY)
    functools.partial(source)()


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
