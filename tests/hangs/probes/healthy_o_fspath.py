# healthy: im fspath
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __fspath__(self):
        self.event.set()
        return '/dev/null'


def build(source):
    time.sleep(DELAY)
    open(source).close()


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
