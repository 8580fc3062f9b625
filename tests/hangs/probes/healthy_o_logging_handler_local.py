# healthy: tm2 logging handler local
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import logging
import threading


class Seen(logging.Handler):
    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def emit(self, record):
        self.event.set()


def work(handler):
    record = logging.makeLogRecord({"msg": "x"})
    time.sleep(DELAY)
    handler.handle(record)


handler = Seen()
threading.Thread(target=work, args=(handler,), daemon=True).start()
print("READY", flush=True)
handler.event.wait()
print("DONE", flush=True)
