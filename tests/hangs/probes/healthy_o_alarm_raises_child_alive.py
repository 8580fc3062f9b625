# healthy: al8 alarm raises child alive
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import signal
import subprocess


def on_alarm(number, frame):
    raise TimeoutError()


subprocess.Popen(["sleep", "50"])
jobs = queue.Queue()
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, DELAY)
print("READY", flush=True)
try:
    jobs.get()
except TimeoutError:
    print("DONE", flush=True)
