# healthy: so8 builtin open patched
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import builtins
import threading


class Patch:
    def __init__(self):
        self.opened = threading.Event()
        self.original = builtins.open
        builtins.open = self.open

    def open(self, *args):
        self.opened.set()
        return self.original(*args)


def work():
    time.sleep(DELAY)
    open("/dev/null").close()


patch = Patch()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
patch.opened.wait()
print("DONE", flush=True)
