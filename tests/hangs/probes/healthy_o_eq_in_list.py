# healthy: im eq in list
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __eq__(self, other):
        self.event.set()
        return True


def build(source):
    time.sleep(DELAY)
    print(1 in [source])


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
