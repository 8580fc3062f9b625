# healthy: ge11 later function global
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.event import Event


def finish():
    done.set()


done = Event()
gevent.spawn_later(DELAY, finish)
print("READY", flush=True)
done.wait()
print("DONE", flush=True)
