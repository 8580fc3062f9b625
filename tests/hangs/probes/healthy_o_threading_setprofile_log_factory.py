# healthy: so17 threading setprofile log factory
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import logging
import threading


class Factory:
    def __init__(self):
        self.made = threading.Event()
        logging.setLogRecordFactory(self.make)

    def make(self, *args, **kwargs):
        self.made.set()
        return logging.LogRecord(*args, **kwargs)


def work():
    time.sleep(DELAY)
    logging.error("x")


factory = Factory()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
factory.made.wait()
print("DONE", flush=True)
