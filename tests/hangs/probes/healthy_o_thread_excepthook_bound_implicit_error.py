# healthy: eh6 thread excepthook bound implicit error
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Supervisor:
    def __init__(self):
        self.failed = threading.Event()
        threading.excepthook = self.hook

    def hook(self, args):
        self.failed.set()


def feed(rows):
    time.sleep(DELAY)
    rows["missing"]


supervisor = Supervisor()
threading.Thread(target=feed, args=({},), daemon=True).start()
print("READY", flush=True)
supervisor.failed.wait()
print("DONE", flush=True)
