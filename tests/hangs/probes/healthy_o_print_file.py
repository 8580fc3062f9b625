# healthy: pf1 print file
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Out:
    def __init__(self):
        self.event = threading.Event()

    def write(self, text):
        self.event.set()


def build(out):
    time.sleep(DELAY)
    print("linked", file=out)


out = Out()
threading.Thread(target=build, args=(out,), daemon=True).start()
print("READY", flush=True)
out.event.wait()
print("DONE", flush=True)
