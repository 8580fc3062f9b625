# healthy: cv6 contextvar default
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import contextvars
import threading

event = threading.Event()
current = contextvars.ContextVar("current", default=event)


def backend():
    time.sleep(DELAY)
    current.get().set()


threading.Thread(target=backend, daemon=True).start()
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
