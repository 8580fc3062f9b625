# leases on GPU slots: a lease gives its permit back when the object goes
import collections, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Permits:
    def __init__(self, n): self.available = threading.Semaphore(n)
    def lease(self, who):
        self.available.acquire()
        return Lease(self, who)

class Lease:
    def __init__(self, permits, who):
        self.permits, self.who, self.born = permits, who, time.monotonic()
    def __del__(self):
        self.permits.available.release()

class History:
    """what ran where; shown on the status page"""
    def __init__(self): self.recent = collections.deque(maxlen=100)
    def note(self, lease):
        self.recent.append(lease)
    def expire(self, age):
        now = time.monotonic()
        while self.recent and self.recent[0].born < now - age:
            self.recent.popleft()
    def page(self):
        return [l.who for l in self.recent]

class Runner:
    def __init__(self): self.permits, self.history, self.done = Permits(2), History(), 0
    def job(self, name):
        lease = self.permits.lease(name)
        self.history.note(lease)
        time.sleep(0.1)
        self.done += 1
        if self.done > 2:
            print("ENDED", name, flush=True)

def janitor(runner, age):
    while True:
        time.sleep(1)
        janitor.page = runner.history.page()

runner = Runner()
threading.Thread(target=janitor, args=(runner, LAG), name="janitor", daemon=True).start()
jobs = [threading.Thread(target=runner.job, args=(f"job-{n}",), name=f"job-{n}", daemon=True) for n in range(4)]
for j in jobs:
    j.start(); time.sleep(0.1)
time.sleep(1)
print("READY", os.getpid(), flush=True)
for j in jobs: j.join()
