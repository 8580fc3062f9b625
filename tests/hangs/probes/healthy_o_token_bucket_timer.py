# healthy: token bucket timer
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a token bucket refilled by a chain of Timers
import threading


class Bucket:
    def __init__(self, capacity, period):
        self.capacity = capacity
        self.period = period
        self.tokens = capacity
        self.changed = threading.Condition(threading.Lock())
        self._again()

    def _again(self):
        timer = threading.Timer(self.period, self._refill)
        timer.daemon = True
        timer.start()

    def _refill(self):
        with self.changed:
            self.tokens = self.capacity
            self.changed.notify_all()
        self._again()

    def take(self):
        with self.changed:
            while self.tokens == 0:
                self.changed.wait()
            self.tokens -= 1


bucket = Bucket(2, DELAY)
bucket.take()
bucket.take()
print("READY", flush=True)
bucket.take()
print("DONE", flush=True)
