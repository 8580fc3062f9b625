# healthy: im dict comp
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __iter__(self):
        yield 1
        self.event.set()


def build(source):
    time.sleep(DELAY)
    print({row: 1 for row in source})


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
