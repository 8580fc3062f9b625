# healthy: so7 input stdin
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import sys
import threading


class Typed:
    def __init__(self):
        self.event = threading.Event()

    def readline(self):
        self.event.set()
        return "yes\n"


def ask():
    time.sleep(DELAY)
    input()


typed = sys.stdin = Typed()
threading.Thread(target=ask, daemon=True).start()
print("READY", flush=True)
typed.event.wait()
print("DONE", flush=True)
