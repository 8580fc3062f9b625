# healthy: pf2 copyfileobj
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import io
import shutil
import threading


class Out:
    def __init__(self):
        self.event = threading.Event()

    def write(self, data):
        self.event.set()


def build(out):
    time.sleep(DELAY)
    shutil.copyfileobj(io.BytesIO(b"abc"), out)


out = Out()
threading.Thread(target=build, args=(out,), daemon=True).start()
print("READY", flush=True)
out.event.wait()
print("DONE", flush=True)
