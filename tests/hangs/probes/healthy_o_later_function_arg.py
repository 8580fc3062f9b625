# healthy: ge10 later function arg
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.event import Event


def finish(event):
    event.set()


done = Event()
gevent.spawn_later(DELAY, finish, done)
print("READY", flush=True)
done.wait()
print("DONE", flush=True)
