# healthy: delitem registry
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# sessions: leaving the table closes the session
import threading
from collections import UserDict


class Session:
    def __init__(self, name):
        self.name = name
        self.closed = threading.Event()


class Sessions(UserDict):
    def __delitem__(self, name):
        session = self.data[name]
        super().__delitem__(name)
        session.closed.set()


class Reaper(threading.Thread):
    def __init__(self, sessions):
        super().__init__(daemon=True)
        self.sessions = sessions

    def run(self):
        while self.sessions:
            time.sleep(DELAY)
            for name in list(self.sessions):
                del self.sessions[name]


sessions = Sessions()
session = Session("anna")
sessions[session.name] = session
Reaper(sessions).start()
print("READY", flush=True)
session.closed.wait()
print("DONE", flush=True)
