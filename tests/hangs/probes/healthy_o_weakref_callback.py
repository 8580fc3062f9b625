# healthy: weakref callback
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the cache hears of an object's end through its weak reference
import threading
import weakref


class Document:
    pass


class Tracker:
    def __init__(self):
        self.refs = {}
        self.all_gone = threading.Event()

    def track(self, document):
        self.refs[id(document)] = weakref.ref(document, self._gone)

    def _gone(self, ref):
        for key, value in list(self.refs.items()):
            if value is ref:
                del self.refs[key]
        if not self.refs:
            self.all_gone.set()


def editor(document):
    time.sleep(DELAY)


tracker = Tracker()
document = Document()
tracker.track(document)
thread = threading.Thread(target=editor, args=(document,), daemon=True)
thread.start()
del document
print("READY", flush=True)
tracker.all_gone.wait()
print("DONE", flush=True)
