# healthy: ge7 kill later
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.queue import Queue

worker = gevent.spawn(Queue().get)
gevent.spawn_later(DELAY, worker.kill)
print("READY", flush=True)
worker.join()
print("DONE", flush=True)
