# healthy: json hook
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# json.loads calls object_hook for every object
import json
import threading


class Replies:
    def __init__(self):
        self.pending = {}

    def expect(self, number):
        event = threading.Event()
        self.pending[number] = event
        return event

    def hook(self, data):
        if "id" in data:
            self.pending.pop(data["id"]).set()
        return data


class Decoder:
    def __init__(self, hook):
        self.options = {"object_hook": hook}

    def decode(self, text):
        return json.loads(text, **self.options)


def reader(decoder):
    time.sleep(DELAY)
    decoder.decode('{"id": 7, "result": "ok"}')


replies = Replies()
event = replies.expect(7)
threading.Thread(target=reader, args=(Decoder(replies.hook),), daemon=True).start()
print("READY", flush=True)
event.wait()
print("DONE", flush=True)
