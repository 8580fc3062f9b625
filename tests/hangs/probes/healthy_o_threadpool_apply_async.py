# healthy: threadpool apply async
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# multiprocessing.pool.ThreadPool with callback
import threading
from multiprocessing.pool import ThreadPool


class Countdown:
    def __init__(self, count):
        self.count = count
        self.zero = threading.Condition()

    def one_done(self, result):
        with self.zero:
            self.count -= 1
            if self.count == 0:
                self.zero.notify_all()

    def wait(self):
        with self.zero:
            while self.count > 0:
                self.zero.wait()


def resize(seconds):
    time.sleep(seconds)
    return seconds


pool = ThreadPool(2)
countdown = Countdown(2)
for seconds in (0.1, DELAY):
    pool.apply_async(resize, (seconds,), callback=countdown.one_done)
print("READY", flush=True)
countdown.wait()
print("DONE", flush=True)
