# healthy: iter protocol
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a download as iterator: its end opens the file for others
import threading


class Download:
    def __init__(self, chunks):
        self.chunks = list(chunks)
        self.finished = threading.Event()

    def __iter__(self):
        return self

    def __next__(self):
        if not self.chunks:
            self.finished.set()
            raise StopIteration
        return self.chunks.pop()


def copy(source, target):
    for chunk in source:
        time.sleep(DELAY / 2)
        target.append(chunk)


download = Download("ab")
threading.Thread(target=copy, args=(download, []), daemon=True).start()
print("READY", flush=True)
download.finished.wait()
print("DONE", flush=True)
