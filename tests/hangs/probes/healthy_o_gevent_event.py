# healthy: gevent event
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# gevent: an event set by a greenlet started later
import gevent
from gevent.event import Event


class Job:
    def __init__(self):
        self.done = Event()

    def finish(self):
        self.done.set()


job = Job()
gevent.spawn_later(DELAY, job.finish)
print("READY", flush=True)
job.done.wait()
print("DONE", flush=True)
