# healthy: ge13 later semaphore release
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.lock import Semaphore

slots = Semaphore(1)
slots.acquire()
gevent.spawn_later(DELAY, slots.release)
print("READY", flush=True)
slots.acquire()
print("DONE", flush=True)
