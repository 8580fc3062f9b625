# healthy: im context decorator
import os
import time
import contextlib
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(contextlib.ContextDecorator):
    def __init__(self):
        self.event = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.event.set()


def build(source):
    time.sleep(DELAY)
    source(print)('work')


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
