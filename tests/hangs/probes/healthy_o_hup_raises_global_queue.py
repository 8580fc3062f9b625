# healthy: al11 hup raises global queue
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import signal
import subprocess


class Reload(Exception):
    pass


def on_hup(number, frame):
    raise Reload()


signal.signal(signal.SIGHUP, on_hup)
subprocess.Popen(["sh", "-c", "sleep %f; kill -HUP %d" % (DELAY, os.getpid())])
jobs = queue.Queue()
print("READY", flush=True)
try:
    jobs.get()
except Reload:
    print("DONE", flush=True)
