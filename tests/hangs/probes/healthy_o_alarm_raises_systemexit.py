# healthy: al9 alarm raises systemexit
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import signal


def on_alarm(number, frame):
    raise SystemExit(print("DONE"))


jobs = queue.Queue()
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, DELAY)
print("READY", flush=True)
try:
    jobs.get()
except TimeoutError:
    print("DONE", flush=True)
