# healthy: im sax
import os
import time
import xml.sax
import threading

DELAY = 40 * float(os.environ.get("SCALE", "1"))


class Source(xml.sax.ContentHandler):
    def __init__(self):
        self.event = threading.Event()

    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def startElement(self, name, attrs):
        self.event.set()


def build(source):
    time.sleep(DELAY)
    xml.sax.parseString(b'<a/>', source)


source = Source()
threading.Thread(target=build, args=(source,), daemon=True).start()
print("READY", flush=True)
source.event.wait()
print("DONE", flush=True)
