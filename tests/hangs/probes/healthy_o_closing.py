# healthy: im closing
import os
import time
import contextlib
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def close(self):
        self.event.set()
        return None


def build(source):
    time.sleep(DELAY)
    with contextlib.closing(source):
        print('work')


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
