# healthy: excepthook supervisor
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a crash of the feed thread is noticed by threading.excepthook
import threading


class Supervisor:
    def __init__(self):
        self.crashed = threading.Event()
        threading.excepthook = self.on_crash

    def on_crash(self, args):
        print("crash:", args.exc_type.__name__, args.thread.name)
        self.crashed.set()


class FeedClosed(Exception):
    pass


def feed():
    time.sleep(DELAY)
    raise FeedClosed("the exchange closed the feed")


supervisor = Supervisor()
threading.Thread(target=feed, name="feed", daemon=True).start()
print("READY", flush=True)
supervisor.crashed.wait()
print("DONE", flush=True)
