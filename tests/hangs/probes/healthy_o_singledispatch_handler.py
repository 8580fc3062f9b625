# healthy: singledispatch handler
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# messages are dispatched by their type
import functools
import queue
import threading
from dataclasses import dataclass


@dataclass
class Start:
    name: str


@dataclass
class Stop:
    name: str


class Machine:
    def __init__(self):
        self.inbox = queue.Queue()
        self.stopped = threading.Event()

    @functools.singledispatchmethod
    def handle(self, message):
        raise TypeError(message)

    @handle.register
    def _(self, message: Start):
        print("started", message.name)

    @handle.register
    def _(self, message: Stop):
        self.stopped.set()

    def loop(self):
        while True:
            self.handle(self.inbox.get())


def operator(inbox):
    inbox.put(Start("pump"))
    time.sleep(DELAY)
    inbox.put(Stop("pump"))


machine = Machine()
threading.Thread(target=machine.loop, daemon=True).start()
threading.Thread(target=operator, args=(machine.inbox,), daemon=True).start()
print("READY", flush=True)
machine.stopped.wait()
print("DONE", flush=True)
