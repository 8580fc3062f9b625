# healthy: lock handoff
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a plain Lock as a signal: released by another thread through a dict of callbacks
import threading


class Turnstile:
    def __init__(self):
        self.lock = threading.Lock()
        self.lock.acquire()

    def actions(self):
        return {"coin": self.lock.release, "push": self.lock.locked}


def visitor(actions, events):
    for name in events:
        time.sleep(DELAY / 2)
        actions[name]()


turnstile = Turnstile()
threading.Thread(target=visitor, args=(turnstile.actions(), ["push", "coin"]), daemon=True).start()
print("READY", flush=True)
turnstile.lock.acquire()
print("DONE", flush=True)
