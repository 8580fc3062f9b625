# healthy: cv1 contextvar context run
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import contextvars
import threading

current = contextvars.ContextVar("current")


def backend():
    time.sleep(DELAY)
    current.get().set()


event = threading.Event()
current.set(event)
context = contextvars.copy_context()
threading.Thread(target=context.run, args=(backend,), daemon=True).start()
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
