# healthy: dunder contains
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a filter notices the first sight of a key by "in"
import threading


class SeenFilter:
    def __init__(self, wanted):
        self.wanted = wanted
        self.found = threading.Event()

    def __contains__(self, key):
        if key == self.wanted:
            self.found.set()
            return True
        return False


def scanner(keys, known):
    for key in keys:
        if key in known:
            print("known", key)
        time.sleep(DELAY)


known = SeenFilter("b")
threading.Thread(target=scanner, args=(["a", "b"], known), daemon=True).start()
print("READY", flush=True)
known.found.wait()
print("DONE", flush=True)
