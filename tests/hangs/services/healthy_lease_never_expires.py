# leader election between worker threads of one process, by a lease table
import dataclasses, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

@dataclasses.dataclass
class Lease:
    owner: str
    until: float | None

class LeaseTable:
    def __init__(self):
        self._lock = threading.Lock()
        self.changed = threading.Condition(self._lock)
        self.leases: dict[str, Lease] = {}

    def become_leader(self, role, owner, ttl):
        with self.changed:
            while role in self.leases:
                self.changed.wait()
            self.leases[role] = Lease(owner, ttl and time.monotonic() + ttl)

    def resign(self, role, owner):
        with self.changed:
            if (l := self.leases.get(role)) and l.owner == owner:
                del self.leases[role]
                self.changed.notify_all()

    def expire(self, now):
        with self.changed:
            old = [r for r, l in self.leases.items() if l.until and l.until < now]
            for r in old:
                del self.leases[r]
            if old:
                self.changed.notify_all()

class Janitor(threading.Thread):
    def __init__(self, table):
        super().__init__(name="janitor", daemon=True)
        self.table, self.rounds = table, 0
    def run(self):
        while True:
            time.sleep(1)
            self.rounds += 1
            self.table.expire(time.monotonic())

class Worker(threading.Thread):
    def __init__(self, table, name, ttl):
        super().__init__(name=name, daemon=True)
        self.table, self.ttl, self.batches = table, ttl, 0
    def run(self):
        self.table.become_leader("compactor", self.name, self.ttl)
        try:
            self.compact()
        except OSError:
            return
        self.table.resign("compactor", self.name)
    def compact(self):
        if self.name == "leader":
            raise OSError("disk full")
        self.batches += 1
        print("ENDED", self.name, flush=True)

table = LeaseTable()
Janitor(table).start()
ttl = LAG
lead = Worker(table, "leader", ttl); lead.start(); lead.join()
followers = [Worker(table, f"follower-{n}", ttl) for n in range(2)]
for f in followers: f.start()
time.sleep(1.5)
print("READY", os.getpid(), flush=True)
for f in followers: f.join()
