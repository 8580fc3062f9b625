# healthy: al7 sigchld raises
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import queue
import signal
import subprocess


class ChildDied(Exception):
    pass


def on_child(number, frame):
    raise ChildDied()


signal.signal(signal.SIGCHLD, on_child)
child = subprocess.Popen(["sleep", str(DELAY)])
print("READY", flush=True)
try:
    queue.Queue().get()
except ChildDied:
    print("DONE", flush=True)
