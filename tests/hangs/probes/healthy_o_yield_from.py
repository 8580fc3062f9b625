# healthy: im yield from
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __iter__(self):
        yield from [1]
        self.event.set()


def rows_of(source):
    yield from source


def build(source):
    time.sleep(DELAY)
    for row in rows_of(source):
        print(row)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
