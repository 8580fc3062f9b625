# healthy: ge14 spawned not begun start later
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent import Greenlet
from gevent.event import AsyncResult


class Answer(Greenlet):
    def __init__(self, result):
        super().__init__()
        self.result = result

    def _run(self):
        self.result.set(42)


result = AsyncResult()
Answer(result).start_later(DELAY)
print("READY", flush=True)
print(result.get())
print("DONE", flush=True)
