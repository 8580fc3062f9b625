# healthy: ge1 spawn later
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.event import Event

done = Event()
gevent.spawn_later(DELAY, done.set)
print("READY", flush=True)
done.wait()
print("DONE", flush=True)
