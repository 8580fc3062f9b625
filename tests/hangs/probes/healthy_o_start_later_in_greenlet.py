# healthy: ge3 start later in greenlet
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.queue import Queue


def consumer(queue):
    print(queue.get())
    print("DONE", flush=True)


queue = Queue()
worker = gevent.spawn(consumer, queue)
gevent.spawn_later(DELAY, queue.put, 1)
print("READY", flush=True)
worker.join()
