# healthy: so18 logging filter
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import logging
import threading


class Seen(logging.Filter):
    def __init__(self):
        super().__init__()
        self.seen = threading.Event()

    def filter(self, record):
        self.seen.set()
        return True


def work(log):
    time.sleep(DELAY)
    log.error("x")


seen = Seen()
log = logging.getLogger("a")
log.addFilter(seen)
threading.Thread(target=work, args=(log,), daemon=True).start()
print("READY", flush=True)
seen.seen.wait()
print("DONE", flush=True)
