# healthy: pf12 tarfile socket writer
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
import zipfile


class Out:
    def __init__(self):
        self.event = threading.Event()

    def write(self, data):
        return len(data)

    def flush(self):
        self.event.set()


def build(out):
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", "b")
        time.sleep(DELAY)


class Upload(Out):
    def flush(self):
        if done:
            self.event.set()


done = []


def upload(out):
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", "b")
        time.sleep(DELAY)
        done.append(1)


out = Upload()
threading.Thread(target=upload, args=(out,), daemon=True).start()
print("READY", flush=True)
out.event.wait()
print("DONE", flush=True)
