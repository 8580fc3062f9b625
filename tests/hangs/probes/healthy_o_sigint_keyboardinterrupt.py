# healthy: al4 sigint keyboardinterrupt
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import subprocess

subprocess.Popen(["sh", "-c", "sleep %f; kill -INT %d" % (DELAY, os.getpid())])
print("READY", flush=True)
try:
    queue.Queue().get()
except KeyboardInterrupt:
    print("DONE", flush=True)
