# healthy: cv2 contextvar set in thread
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import contextvars
import threading

current = contextvars.ContextVar("current")


def finish():
    current.get().set()


def backend(box):
    current.set(box.pop())
    time.sleep(DELAY)
    finish()


event = threading.Event()
threading.Thread(target=backend, args=([event],), daemon=True).start()
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
