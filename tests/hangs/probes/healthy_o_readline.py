# healthy: im readline
import os
import time
import tokenize
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def readline(self):
        self.event.set()
        return ''


def build(source):
    time.sleep(DELAY)
    for token in tokenize.generate_tokens(source.readline):
        print(token)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
