# healthy: al5 handler raises event
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import signal
import threading


class Timeout(Exception):
    pass


def on_alarm(number, frame):
    raise Timeout()


signal.signal(signal.SIGALRM, on_alarm)
signal.alarm(max(1, int(DELAY)))
done = threading.Event()
print("READY", flush=True)
try:
    done.wait()
except Timeout:
    print("DONE", flush=True)
