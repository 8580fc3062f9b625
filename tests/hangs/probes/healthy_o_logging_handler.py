# healthy: logging handler
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a logging handler waits for a record
import logging
import threading


class WaitFor(logging.Handler):
    def __init__(self, text):
        super().__init__()
        self.text = text
        self.found = threading.Event()

    def emit(self, record):
        if self.text in record.getMessage():
            self.found.set()


log = logging.getLogger("app.db")


def migrate():
    log.warning("migration begins")
    time.sleep(DELAY)
    log.warning("migration finished")


handler = WaitFor("finished")
logging.getLogger("app").addHandler(handler)
threading.Thread(target=migrate, daemon=True).start()
print("READY", flush=True)
handler.found.wait()
print("DONE", flush=True)
