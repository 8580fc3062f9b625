# healthy: so9 monkeypatched class method
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import json
import threading


class Patch:
    def __init__(self):
        self.called = threading.Event()
        self.original = json.JSONEncoder.encode
        json.JSONEncoder.encode = self.encode

    def encode(self, value):
        self.called.set()
        return "1"


def work():
    time.sleep(DELAY)
    json.dumps([1], sort_keys=True)


patch = Patch()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
patch.called.wait()
print("DONE", flush=True)
