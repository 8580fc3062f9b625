# healthy: dunder str
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a lazy report is made when it is formatted
import threading


class Lazy:
    def __init__(self):
        self.rendered = threading.Event()

    def __format__(self, spec):
        self.rendered.set()
        return "report".ljust(int(spec or 0))


def mailer(report):
    time.sleep(DELAY)
    print(f"the {report:10} is sent")


report = Lazy()
threading.Thread(target=mailer, args=(report,), daemon=True).start()
print("READY", flush=True)
report.rendered.wait()
print("DONE", flush=True)
