# healthy: sqlite function
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the database calls back into Python
import sqlite3
import threading


class Store:
    def __init__(self):
        self.changed = threading.Event()
        self.db = sqlite3.connect(":memory:", check_same_thread=False)
        self.db.create_function("notify", 1, self._notify)
        self.db.execute("create table t (x)")
        self.db.execute("create trigger tr after insert on t begin select notify(new.x); end")

    def _notify(self, value):
        self.changed.set()
        return None


def writer(db):
    time.sleep(DELAY)
    db.execute("insert into t values (1)")


store = Store()
threading.Thread(target=writer, args=(store.db,), daemon=True).start()
print("READY", flush=True)
store.changed.wait()
print("DONE", flush=True)
