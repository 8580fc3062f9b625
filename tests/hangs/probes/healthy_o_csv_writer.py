# healthy: pf3 csv writer
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import csv
import threading


class Out:
    def __init__(self):
        self.event = threading.Event()

    def write(self, text):
        self.event.set()


def build(writer):
    time.sleep(DELAY)
    writer.writerow(["a", "b"])


out = Out()
threading.Thread(target=build, args=(csv.writer(out),), daemon=True).start()
print("READY", flush=True)
out.event.wait()
print("DONE", flush=True)
