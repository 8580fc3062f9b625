# healthy: dp7 server iterates queue subclass join
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import threading


class Jobs(queue.Queue):
    def __init__(self):
        super().__init__()
        self.idle = threading.Event()

    def task_done(self):
        super().task_done()
        self.idle.set()


def consumer(jobs):
    jobs.get()
    time.sleep(DELAY)
    jobs.task_done()


jobs = Jobs()
jobs.put(1)
threading.Thread(target=consumer, args=(jobs,), daemon=True).start()
print("READY", flush=True)
jobs.idle.wait()
print("DONE", flush=True)
