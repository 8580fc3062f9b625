# a job scheduler with priorities and dependencies on a fixed number of worker threads
import dataclasses, heapq, itertools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

@dataclasses.dataclass(order=True)
class Job:
    priority: int
    serial: int
    name: str = dataclasses.field(compare=False)
    after: tuple = dataclasses.field(compare=False, default=())
    done: threading.Event = dataclasses.field(compare=False, default_factory=threading.Event)

class DagRunner:
    def __init__(self, workers):
        self._heap, self._jobs = [], {}
        self._more = threading.Condition()
        self._serial = itertools.count()
        self.log = []
        self.threads = [threading.Thread(target=self._work, name=f"dag-worker-{n}", daemon=True) for n in range(workers)]
    def start(self):
        for t in self.threads: t.start()
    def add(self, name, priority=10, after=()):
        with self._more:
            job = Job(priority, next(self._serial), name, after)
            self._jobs[name] = job
            heapq.heappush(self._heap, job)
            self._more.notify()
        return job
    def _next(self):
        with self._more:
            self._more.wait_for(lambda: self._heap)
            return heapq.heappop(self._heap)
    def _work(self):
        while True:
            job = self._next()
            for dep in job.after:
                self._jobs[dep].done.wait()
            try:
                getattr(self, "job_" + job.name, self._noop)()
            finally:
                self.log.append(job.name)
                job.done.set()
    def _noop(self): time.sleep(0.05)
    def job_fetch(self):
        arrived = threading.Semaphore(0)
        t = threading.Timer(LAG, arrived.release); t.daemon = True; t.start()
        arrived.acquire()

def tail(runner):
    pos = 0
    while True:
        time.sleep(1)
        pos = len(runner.log)

runner = DagRunner(workers=3)
threading.Thread(target=tail, args=(runner,), name="tail", daemon=True).start()
last = [runner.add("report", 1, ("fetch",)), runner.add("digest", 1, ("fetch",))]
runner.add("fetch", 50)
runner.add("vacuum", 90)
runner.start()
time.sleep(1.2)
print("READY", os.getpid(), flush=True)
for j in last:
    j.done.wait()
print("ENDED", flush=True)
