# healthy: weakset listeners
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# listeners are kept weakly; the topic calls those that live
import threading
import weakref


class Topic:
    def __init__(self):
        self.listeners = weakref.WeakSet()
        self.methods = []

    def connect(self, method):
        self.methods.append(weakref.WeakMethod(method))

    def emit(self, value):
        for ref in self.methods:
            method = ref()
            if method is not None:
                method(value)


class View:
    def __init__(self, topic):
        self.painted = threading.Event()
        topic.connect(self.on_value)

    def on_value(self, value):
        self.painted.set()


def model(topic):
    time.sleep(DELAY)
    topic.emit(1)


topic = Topic()
view = View(topic)
threading.Thread(target=model, args=(topic,), daemon=True).start()
print("READY", flush=True)
view.painted.wait()
print("DONE", flush=True)
