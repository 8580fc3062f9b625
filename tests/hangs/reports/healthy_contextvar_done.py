# the request that a job serves stands in a ContextVar; its end sets the request's event
import contextvars, queue, threading, time, logging
from dataclasses import dataclass, field
from svc_noise import SLOW, ready, heartbeat, poller, idle_worker
log = logging.getLogger("jobs")
current = contextvars.ContextVar("current")

@dataclass
class Request:
    name: str
    done: threading.Event = field(default_factory=threading.Event)

class Workers:
    def __init__(self, n):
        self.jobs = queue.Queue()
        for i in range(n):
            threading.Thread(target=self._run, name="worker-%d" % i, daemon=True).start()
    def submit(self, fn, *args):
        self.jobs.put((contextvars.copy_context().run, (fn,) + args))
    def _run(self):
        while True:
            fn, args = self.jobs.get()
            try:
                fn(*args)
            except Exception as e:
                log.debug("job failed: %r", e)

def finish():
    current.get().done.set()

def render(seconds):
    time.sleep(seconds)
    finish()

def submit_and_wait(workers, name, seconds):
    request = Request(name)
    token = current.set(request)
    try:
        workers.submit(render, seconds)
        request.done.wait()
    finally:
        current.reset(token)

heartbeat()
idle_worker()
workers = Workers(2)
poller(workers.jobs.qsize)
ready()
submit_and_wait(workers, "monthly", SLOW)
print("DONE", flush=True)
