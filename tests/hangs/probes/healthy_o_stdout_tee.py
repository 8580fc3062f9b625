# healthy: stdout tee
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# print() writes through a tee, which looks for a marker
import sys
import threading


class Tee:
    def __init__(self, stream):
        self.stream = stream
        self.matched = threading.Event()

    def write(self, text):
        self.stream.write(text)
        if "server listening" in text:
            self.matched.set()
        return len(text)

    def flush(self):
        self.stream.flush()


def server():
    print("starting")
    time.sleep(DELAY)
    print("server listening")


tee = Tee(sys.stdout)
sys.stdout = tee
threading.Thread(target=server, daemon=True).start()
print("READY", flush=True)
tee.matched.wait()
print("DONE", flush=True)
