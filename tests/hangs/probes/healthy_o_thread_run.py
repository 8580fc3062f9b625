# healthy: im thread run
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(threading.Thread):
    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def run(self):
        self.event.set()


def build(source):
    time.sleep(DELAY)
    source.start()


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
