# healthy: cv8 token old value
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import contextvars
import threading

current = contextvars.ContextVar("current")


def backend(event):
    token = current.set(event)
    del event
    time.sleep(DELAY)
    helper()
    current.reset(token)


def helper():
    event = current.get()
    event.set()


def spawn(event):
    threading.Thread(target=backend, args=(event,), daemon=True).start()


event = threading.Event()
spawn(event)
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
