# healthy: threadlocal request
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# per-thread state in threading.local
import threading

state = threading.local()


class Ticket:
    def __init__(self):
        self.closed = threading.Event()


def close_current():
    ticket = state.ticket
    ticket.closed.set()


class Clerk(threading.Thread):
    def __init__(self, box):
        super().__init__(daemon=True)
        self.box = box

    def run(self):
        state.ticket = self.box.pop()
        time.sleep(DELAY)
        close_current()


ticket = Ticket()
Clerk([ticket]).start()
print("READY", flush=True)
ticket.closed.wait()
print("DONE", flush=True)
