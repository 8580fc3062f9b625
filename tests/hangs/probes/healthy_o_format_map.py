# healthy: im format map
import os
import time
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
    print('{a}'.format_map(source))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
