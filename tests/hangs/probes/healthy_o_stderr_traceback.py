# healthy: so3 stderr traceback
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import sys
import threading
import traceback


class Tee:
    def __init__(self):
        self.event = threading.Event()

    def write(self, text):
        self.event.set()

    def flush(self):
        pass


def server():
    time.sleep(DELAY)
    try:
        int("x")
    except ValueError:
        traceback.print_exc()


tee = sys.stderr = Tee()
threading.Thread(target=server, daemon=True).start()
print("READY", flush=True)
tee.event.wait()
print("DONE", flush=True)
