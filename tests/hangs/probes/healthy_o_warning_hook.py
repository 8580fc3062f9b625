# healthy: eh4 warning hook
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
import warnings


class Alarm:
    def __init__(self):
        self.event = threading.Event()
        warnings.showwarning = self.show

    def show(self, *args):
        self.event.set()


def work():
    time.sleep(DELAY)
    warnings.warn("old")


alarm = Alarm()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
alarm.event.wait()
print("DONE", flush=True)
