# healthy: im json encoder
import os
import time
import json
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(json.JSONEncoder):
    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def default(self, value):
        self.event.set()
        return 1


def build(source):
    time.sleep(DELAY)
    print(source.encode(object()))


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
