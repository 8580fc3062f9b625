# healthy: im mutmap update
import os
import time
import collections.abc
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(collections.abc.MutableMapping):
    def __init__(self):
        self.event = threading.Event()

    def __setitem__(self, key, value):
        self.event.set()

    def __getitem__(self, key):
        return 1

    def __delitem__(self, key):
        pass

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


def build(source):
    time.sleep(DELAY)
    source.update(a=1)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
