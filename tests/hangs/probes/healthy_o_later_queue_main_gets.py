# healthy: ge12 later queue main gets
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.queue import Queue

queue = Queue()
gevent.spawn_later(DELAY, queue.put, 1)
print("READY", flush=True)
queue.get()
print("DONE", flush=True)
