# healthy: al6 handler raises lambda usr1
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
print("READY", flush=True)
try:
    queue.Queue().get()
except Reload:
    print("DONE", flush=True)
