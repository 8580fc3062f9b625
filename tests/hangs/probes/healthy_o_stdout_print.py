# healthy: so1 stdout print
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import sys
import threading


class Tee:
    def __init__(self, stream):
        self.stream = stream
        self.matched = threading.Event()

    def write(self, text):
        self.stream.write(text)
        if "listening" in text:
            self.matched.set()

    def flush(self):
        self.stream.flush()


def server():
    time.sleep(DELAY)
    print("listening")


tee = sys.stdout = Tee(sys.stdout)
threading.Thread(target=server, daemon=True).start()
print("READY", flush=True)
tee.matched.wait()
print("DONE", flush=True)
