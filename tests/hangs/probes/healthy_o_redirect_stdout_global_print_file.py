# healthy: so2 redirect stdout global print file
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import contextlib
import io
import threading


class Capture(io.StringIO):
    def __init__(self):
        super().__init__()
        self.matched = threading.Event()

    def write(self, text):
        self.matched.set()
        return super().write(text)


def server():
    time.sleep(DELAY)
    print("listening")


print("READY", flush=True)
capture = Capture()
with contextlib.redirect_stdout(capture):
    threading.Thread(target=server, daemon=True).start()
    capture.matched.wait()
print("DONE", flush=True)
