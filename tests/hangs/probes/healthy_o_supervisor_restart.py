# healthy: supervisor restart
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the worker died; the supervisor starts another one after its backoff
import queue
import threading


class Worker(threading.Thread):
    attempts = 0

    def __init__(self, inbox, outbox):
        super().__init__(daemon=True)
        self.inbox = inbox
        self.outbox = outbox

    def run(self):
        Worker.attempts += 1
        if Worker.attempts == 1:
            return
        while True:
            self.outbox.put(self.inbox.get() * 2)


class Supervisor(threading.Thread):
    def __init__(self, specs):
        super().__init__(daemon=True)
        self.specs = specs
        self.children = {}

    def run(self):
        while True:
            for name, (factory, args) in self.specs.items():
                child = self.children.get(name)
                if child is None or not child.is_alive():
                    self.children[name] = factory(*args)
                    self.children[name].start()
            time.sleep(DELAY)


inbox = queue.Queue()
outbox = queue.Queue()
inbox.put(21)
Supervisor({"double": (Worker, (inbox, outbox))}).start()
time.sleep(0.1)
print("READY", flush=True)
print(outbox.get())
print("DONE", flush=True)
