# healthy: im template
import os
import time
import string
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __getitem__(self, key):
        self.event.set()
        return 1


def build(source):
    time.sleep(DELAY)
    print(string.Template('$a').substitute(source))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
