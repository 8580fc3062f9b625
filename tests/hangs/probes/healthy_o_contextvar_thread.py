# healthy: contextvar thread
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the request of the context is finished by the code that runs in a copy of it
import contextvars
import threading

current = contextvars.ContextVar("current")


class Request:
    def __init__(self, path):
        self.path = path
        self.finished = threading.Event()


def finish():
    current.get().finished.set()


def backend():
    time.sleep(DELAY)
    finish()


def spawn(function):
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(function,), daemon=True)
    thread.start()
    return thread


request = Request("/report")
current.set(request)
spawn(backend)
print("READY", flush=True)
request.finished.wait()
print("DONE", flush=True)
