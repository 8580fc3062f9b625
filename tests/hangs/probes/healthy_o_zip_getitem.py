# healthy: im zip getitem
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __getitem__(self, index):
        if index == 2:
            self.event.set()
            raise IndexError
        return index


def build(source):
    time.sleep(DELAY)
    print(list(source))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
