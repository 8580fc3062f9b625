# healthy: ge8 threadpool
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import gevent
from gevent.event import AsyncResult
from gevent.hub import get_hub
from gevent.monkey import get_original

real_sleep = get_original("time", "sleep")
result = AsyncResult()
job = get_hub().threadpool.spawn(real_sleep, DELAY)
job.rawlink(lambda job: result.set(1))
print("READY", flush=True)
result.get()
print("DONE", flush=True)
