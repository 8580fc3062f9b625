# healthy: gevent link
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# gevent: a greenlet's end is reported by link()
import gevent
from gevent.event import AsyncResult


def work(seconds):
    gevent.sleep(seconds)
    return 5


result = AsyncResult()
worker = gevent.spawn(work, DELAY)
worker.link(result)
print("READY", flush=True)
print(result.get())
print("DONE", flush=True)
