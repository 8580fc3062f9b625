# healthy: lshift bus
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# event bus: "bus << message" hands the message to the subscribers
import threading


class Bus:
    def __init__(self):
        self.subscribers = []

    def __lshift__(self, message):
        for subscriber in self.subscribers:
            subscriber.receive(message)
        return self


class Listener:
    def __init__(self):
        self.seen = threading.Event()

    def receive(self, message):
        if message == "ready":
            self.seen.set()


def publisher(bus):
    bus << "hello"
    time.sleep(DELAY)
    bus << "ready"


bus = Bus()
listener = Listener()
bus.subscribers.append(listener)
threading.Thread(target=publisher, args=(bus,), daemon=True).start()
print("READY", flush=True)
listener.seen.wait()
print("DONE", flush=True)
