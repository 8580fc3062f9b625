# healthy: al1 alarm raises
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import signal


def on_alarm(number, frame):
    raise TimeoutError()


jobs = queue.Queue()
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, DELAY)
print("READY", flush=True)
try:
    jobs.get()
except TimeoutError:
    print("DONE", flush=True)
