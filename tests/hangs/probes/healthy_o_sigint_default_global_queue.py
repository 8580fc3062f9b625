# healthy: al13 sigint default global queue
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import subprocess

subprocess.Popen(["sh", "-c", "sleep %f; kill -INT %d" % (DELAY, os.getpid())])
jobs = queue.Queue()
print("READY", flush=True)
try:
    jobs.get()
except KeyboardInterrupt:
    print("DONE", flush=True)
