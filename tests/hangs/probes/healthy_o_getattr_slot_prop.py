# healthy: im getattr slot prop
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    @property
    def size(self):
        self.event.set()
        return 3


def build(source):
    time.sleep(DELAY)
    print(source.size)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
