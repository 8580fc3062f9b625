# healthy: eh3 sys excepthook unraisable
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import sys
import threading


class Handle:
    def __del__(self):
        raise OSError("not closed")


def work(handle):
    time.sleep(DELAY)


leaked = threading.Event()
sys.unraisablehook = lambda args: leaked.set()
threading.Thread(target=work, args=(Handle(),), daemon=True).start()
print("READY", flush=True)
leaked.wait()
print("DONE", flush=True)
