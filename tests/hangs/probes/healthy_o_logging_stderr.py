# healthy: so4 logging stderr
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import logging
import sys
import threading


class Tee:
    def __init__(self):
        self.event = threading.Event()

    def write(self, text):
        self.event.set()

    def flush(self):
        pass


def server():
    time.sleep(DELAY)
    logging.getLogger("srv").error("down")


tee = sys.stderr = Tee()
logging.basicConfig()
threading.Thread(target=server, daemon=True).start()
print("READY", flush=True)
tee.event.wait()
print("DONE", flush=True)
