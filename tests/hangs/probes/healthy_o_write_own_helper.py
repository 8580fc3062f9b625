# healthy: dp6 write own helper
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Out:
    def __init__(self):
        self.event = threading.Event()

    def write(self, text):
        self.event.set()


def emit(out, text):
    out.write(text)


def work(out):
    time.sleep(DELAY)
    emit(out, "a")


out = Out()
threading.Thread(target=work, args=(out,), daemon=True).start()
print("READY", flush=True)
out.event.wait()
print("DONE", flush=True)
