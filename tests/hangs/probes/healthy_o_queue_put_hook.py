# healthy: im queue put hook
import os
import time
import queue
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(queue.Queue):
    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def _put(self, item):
        super()._put(item)
        self.event.set()


def build(source):
    time.sleep(DELAY)
    source.put(1)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
