# healthy: im textio wrapper readinto
import os
import time
import io
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(io.RawIOBase):
    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def readable(self):
        return True

    def readinto(self, buffer):
        self.event.set()
        return 0


def build(source):
    time.sleep(DELAY)
    print(io.BufferedReader(source).read())


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
