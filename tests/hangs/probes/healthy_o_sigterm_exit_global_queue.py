# healthy: al12 sigterm exit global queue
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import signal
import subprocess
import sys


def on_term(number, frame):
    print("DONE", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, on_term)
subprocess.Popen(["sh", "-c", "sleep %f; kill -TERM %d" % (DELAY, os.getpid())])
jobs = queue.Queue()
print("READY", flush=True)
jobs.get()
