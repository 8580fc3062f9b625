# healthy: pf10 sum radd kwargs
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Config:
    def __init__(self):
        self.event = threading.Event()

    def keys(self):
        self.event.set()
        return ["a"]

    def __getitem__(self, key):
        return 1


def build(config):
    time.sleep(DELAY)
    print(dict(config))


config = Config()
threading.Thread(target=build, args=(config,), daemon=True).start()
print("READY", flush=True)
config.event.wait()
print("DONE", flush=True)
