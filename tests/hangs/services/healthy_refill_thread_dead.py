# outbound mail gateway: a token bucket refilled by a thread, several senders
from __future__ import annotations
import collections, dataclasses, itertools, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

@dataclasses.dataclass
class Plan:
    name: str
    burst: int = 3
    pause: float = 0.1

class Plans:
    """what the tenant may send; operators edit it at run time"""
    def __init__(self):
        self._rows = {"basic": {"burst": 3, "pause": 0.1}}
        self.current = "basic"
    def downgrade(self):
        self.current = "trial"
        self._rows["trial"] = {"burst": 6}
    def load(self) -> Plan:
        row = self._rows[self.current]
        return Plan(self.current, row["burst"], row["pause"])

class TokenBucket:
    def __init__(self, plans: Plans):
        self.plans = plans
        self.tokens = 3
        self._mutex = threading.Lock()
        self.tokens_available = threading.Condition(self._mutex)
        self.refiller = threading.Thread(target=self._refill_forever, name="refiller", daemon=True)

    def start(self):
        self.refiller.start()
        return self

    def _refill_forever(self):
        while True:
            try:
                plan = self.plans.load()
            except KeyError:
                plan = Plan("fallback", 6, LAG)
            time.sleep(plan.pause)
            with self.tokens_available:
                self.tokens = min(self.tokens + 1, plan.burst)
                self.tokens_available.notify(self.tokens)

    def take(self):
        with self.tokens_available:
            while self.tokens <= 0:
                self.tokens_available.wait()
            self.tokens -= 1

class Metrics(threading.Thread):
    def __init__(self):
        super().__init__(name="metrics", daemon=True)
        self.counts = collections.Counter()
    def hit(self, key):
        self.counts[key] += 1
    def run(self):
        while True:
            time.sleep(5)
            self.counts["scrape"] += 1

class Sender(threading.Thread):
    def __init__(self, n, inbox, bucket, metrics):
        super().__init__(name=f"sender-{n}", daemon=True)
        self.inbox, self.bucket, self.metrics = inbox, bucket, metrics
        self.late = False
    def run(self):
        while True:
            mail = self.inbox.get()
            self.bucket.take()
            self.metrics.hit("sent")
            if phase.is_set():
                print("ENDED", self.name, flush=True)

def no_traceback(args):
    metrics.hit("thread-error")

threading.excepthook = no_traceback
metrics = Metrics(); metrics.start()
phase = threading.Event()
plans = Plans()
bucket = TokenBucket(plans).start()
inbox: queue.Queue = queue.Queue()
senders = [Sender(n, inbox, bucket, metrics) for n in range(3)]
for s in senders: s.start()
for n in itertools.islice(itertools.count(), 3):
    inbox.put(f"mail-{n}")
plans.downgrade()
time.sleep(0.5)
for n in range(40):
    inbox.put(f"late-{n}")
time.sleep(0.5)
phase.set()
print("READY", os.getpid(), flush=True)
senders[0].join()
