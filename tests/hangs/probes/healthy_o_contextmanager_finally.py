# healthy: contextmanager finally
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a decorator made by contextmanager: leaving the function opens the gate
import contextlib
import threading


class Maintenance:
    def __init__(self):
        self.over = threading.Event()

    @contextlib.contextmanager
    def window(self):
        self.over.clear()
        try:
            yield
        finally:
            self.over.set()


maintenance = Maintenance()


@maintenance.window()
def vacuum():
    time.sleep(DELAY)


thread = threading.Thread(target=vacuum, daemon=True)
thread.start()
time.sleep(0.1)
over = maintenance.over
del maintenance
print("READY", flush=True)
over.wait()
print("DONE", flush=True)
