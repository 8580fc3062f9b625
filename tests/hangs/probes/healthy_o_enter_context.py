# healthy: im enter context
import os
import time
import contextlib
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.event.set()


def build(source):
    time.sleep(DELAY)
    with contextlib.ExitStack() as stack:
        stack.enter_context(source)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
