# healthy: so13 import meta path
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import importlib
import sys
import threading


class Finder:
    def __init__(self):
        self.asked = threading.Event()
        sys.meta_path.append(self)

    def find_spec(self, name, path, target=None):
        self.asked.set()
        return None


def work():
    time.sleep(DELAY)
    try:
        import not_there
    except ImportError:
        pass


finder = Finder()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
finder.asked.wait()
print("DONE", flush=True)
