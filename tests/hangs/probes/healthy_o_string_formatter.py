# healthy: im string formatter
import os
import time
import string
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(string.Formatter):
    def __init__(self):
        self.event = threading.Event()

    def get_value(self, key, args, kwargs):
        self.event.set()
        return 'x'


def build(source):
    time.sleep(DELAY)
    print(source.format('{a}'))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
