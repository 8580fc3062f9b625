# healthy: semaphore done callback
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a bounded executor: the permit comes back by the job's done-callback
import threading
from concurrent.futures import ThreadPoolExecutor


class BoundedExecutor:
    def __init__(self, limit):
        self.pool = ThreadPoolExecutor(limit)
        self.permits = threading.BoundedSemaphore(limit)

    def submit(self, function, *args):
        self.permits.acquire()
        try:
            future = self.pool.submit(function, *args)
        except BaseException:
            self.permits.release()
            raise
        future.add_done_callback(self._done)
        return future

    def _done(self, future):
        self.permits.release()


def convert(name):
    time.sleep(DELAY)
    return name


executor = BoundedExecutor(1)
executor.submit(convert, "a")
print("READY", flush=True)
executor.submit(convert, "b")
print("DONE", flush=True)
