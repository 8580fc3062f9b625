# healthy: ge4 timer watcher
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.event import Event

done = Event()
timer = gevent.get_hub().loop.timer(DELAY)
timer.start(done.set)
print("READY", flush=True)
done.wait()
print("DONE", flush=True)
