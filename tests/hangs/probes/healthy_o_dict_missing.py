# healthy: im dict missing
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(dict):
    def __init__(self):
        self.event = threading.Event()

    def __missing__(self, key):
        self.event.set()
        return 1


def build(source):
    time.sleep(DELAY)
    print(source['a'])


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
