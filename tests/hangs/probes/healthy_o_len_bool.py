# healthy: pf9 len bool
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Inbox:
    def __init__(self):
        self.event = threading.Event()

    def __len__(self):
        self.event.set()
        return 0


def build(inbox):
    time.sleep(DELAY)
    if not inbox:
        print("empty")


inbox = Inbox()
threading.Thread(target=build, args=(inbox,), daemon=True).start()
print("READY", flush=True)
inbox.event.wait()
print("DONE", flush=True)
