# healthy: im for range len
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __len__(self):
        self.event.set()
        return 2


def build(source):
    time.sleep(DELAY)
    for n in range(len(source)):
        print(n)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
