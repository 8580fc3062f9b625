# healthy: im subprocess cwd bytes
import os
import time
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __bytes__(self):
        self.event.set()
        return b'a'


def build(source):
    time.sleep(DELAY)
    print(bytes(source))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
