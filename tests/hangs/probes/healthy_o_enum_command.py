# healthy: enum command
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# commands as members of an Enum that are callable
import enum
import queue
import threading


class Valve:
    def __init__(self):
        self.opened = threading.Event()

    def open(self):
        self.opened.set()

    def close(self):
        self.opened.clear()


class Command(enum.Enum):
    OPEN = "open"
    CLOSE = "close"

    def __call__(self, valve):
        return getattr(valve, self.value)()


class Controller(threading.Thread):
    def __init__(self, valve):
        super().__init__(daemon=True)
        self.valve = valve
        self.commands = queue.PriorityQueue()

    def run(self):
        while True:
            when, name = self.commands.get()
            time.sleep(max(0, when - time.monotonic()))
            Command[name](self.valve)


valve = Valve()
controller = Controller(valve)
now = time.monotonic()
controller.commands.put((now + DELAY, "OPEN"))
controller.commands.put((now, "CLOSE"))
controller.start()
print("READY", flush=True)
valve.opened.wait()
print("DONE", flush=True)
