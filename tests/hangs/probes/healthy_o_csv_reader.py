# healthy: im csv reader
import os
import time
import csv
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __iter__(self):
        yield 'a,b'
        self.event.set()


def build(source):
    time.sleep(DELAY)
    print(list(csv.reader(source)))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
