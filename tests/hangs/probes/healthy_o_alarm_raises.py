# healthy: alarm raises
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a time limit made with SIGALRM, whose handler raises
import queue
import signal


class Timeout(Exception):
    pass


class TimeLimit:
    def __init__(self, seconds):
        self.seconds = seconds

    def _fire(self, signum, frame):
        raise Timeout()

    def __enter__(self):
        self.old = signal.signal(signal.SIGALRM, self._fire)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        return self

    def __exit__(self, *exc):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.old)


jobs = queue.Queue()
print("READY", flush=True)
try:
    with TimeLimit(DELAY):
        jobs.get()
except Timeout:
    print("no job")
print("DONE", flush=True)
