# healthy: so11 sqlite adapter
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import sqlite3
import threading


class Point:
    pass


class Adapter:
    def __init__(self):
        self.used = threading.Event()
        sqlite3.register_adapter(Point, self.adapt)

    def adapt(self, point):
        self.used.set()
        return "p"


def work():
    db = sqlite3.connect(":memory:")
    time.sleep(DELAY)
    db.execute("select ?", (Point(),))


adapter = Adapter()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
adapter.used.wait()
print("DONE", flush=True)
