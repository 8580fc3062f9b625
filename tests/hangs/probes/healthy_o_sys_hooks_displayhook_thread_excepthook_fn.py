# healthy: eh5 sys hooks displayhook thread excepthook fn
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading

failed = threading.Event()


def hook(args):
    failed.set()


def feed():
    time.sleep(DELAY)
    raise OSError("closed")


threading.excepthook = hook
threading.Thread(target=feed, daemon=True).start()
print("READY", flush=True)
failed.wait()
print("DONE", flush=True)
