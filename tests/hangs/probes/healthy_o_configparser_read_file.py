# healthy: im configparser read file
import os
import time
import configparser
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source:
    def __init__(self):
        self.event = threading.Event()

    def __iter__(self):
        yield '[a]'
        self.event.set()


def build(source):
    time.sleep(DELAY)
    configparser.ConfigParser().read_file(source)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
