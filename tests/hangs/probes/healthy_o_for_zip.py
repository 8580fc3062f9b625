# healthy: im for zip
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __iter__(self):
        yield 1
        self.event.set()


def build(source):
    time.sleep(DELAY)
    for row, n in zip(source, [1, 2]):
        print(row)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
