# healthy: pf5 buffered rawio
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import io
import threading


class Raw(io.RawIOBase):
    def __init__(self):
        self.event = threading.Event()

    def writable(self):
        return True

    def write(self, data):
        self.event.set()
        return len(data)


def build(stream):
    stream.write(b"a")
    time.sleep(DELAY)
    stream.flush()


raw = Raw()
threading.Thread(target=build, args=(io.BufferedWriter(raw),), daemon=True).start()
print("READY", flush=True)
raw.event.wait()
print("DONE", flush=True)
