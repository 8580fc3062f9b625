# healthy: so16 audit hook
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import sys
import threading


class Audit:
    def __init__(self):
        self.opened = threading.Event()
        sys.addaudithook(self.hook)

    def hook(self, event, args):
        if event == "open":
            self.opened.set()


def work():
    time.sleep(DELAY)
    open("/dev/null").close()


audit = Audit()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
audit.opened.clear()
audit.opened.wait()
print("DONE", flush=True)
