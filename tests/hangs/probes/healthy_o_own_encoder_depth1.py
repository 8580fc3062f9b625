# healthy: dp2 own encoder depth1
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import json
import threading


class Encoder(json.JSONEncoder):
    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def encode(self, value):
        self.event.set()
        return super().encode(value)


def work(encoder):
    time.sleep(DELAY)
    encoder.encode(1)


encoder = Encoder()
threading.Thread(target=work, args=(encoder,), daemon=True).start()
print("READY", flush=True)
encoder.event.wait()
print("DONE", flush=True)
