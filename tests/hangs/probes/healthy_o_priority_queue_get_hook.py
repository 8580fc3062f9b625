# healthy: tm5 priority queue get hook
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import threading


class Backlog(queue.Queue):
    def __init__(self):
        super().__init__()
        self.drained = threading.Event()

    def _get(self):
        item = super()._get()
        if not self.queue:
            self.drained.set()
        return item


def consumer(backlog):
    while True:
        time.sleep(DELAY)
        backlog.get()


backlog = Backlog()
backlog.put(1)
threading.Thread(target=consumer, args=(backlog,), daemon=True).start()
print("READY", flush=True)
backlog.drained.wait()
print("DONE", flush=True)
