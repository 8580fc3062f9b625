# healthy: im pickle load read
import os
import time
import pickle
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def read(self, n):
        self.event.set()
        return b'N.'[:n]

    def readline(self):
        return b''


def build(source):
    time.sleep(DELAY)
    print(pickle.load(source))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
