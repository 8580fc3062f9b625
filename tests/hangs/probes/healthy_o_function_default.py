# healthy: function default
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the notifier has its event as a default value of a parameter
import threading


def make_notifier():
    event = threading.Event()

    def notify(*, target=event):
        target.set()

    notify.event = event
    return notify


notify = make_notifier()


def importer():
    time.sleep(DELAY)
    notify()


threading.Thread(target=importer, daemon=True).start()
print("READY", flush=True)
notify.event.wait()
print("DONE", flush=True)
