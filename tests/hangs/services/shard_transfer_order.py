# sharded in-memory ledger; a transfer takes the locks of both shards
import contextlib, os, random, signal, threading, time
from dataclasses import dataclass, field
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

@dataclass
class Shard:
    index: int
    accounts: dict = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

class Replica:
    """the follower acknowledges journal entries"""
    def __init__(self):
        self.acked = {}
    def journal(self, entry, delay):
        ev = self.acked[entry] = threading.Event()
        t = threading.Timer(delay, self._ack, [entry])
        t.daemon = True; t.start()
        return ev
    def _ack(self, entry):
        self.acked.pop(entry).set()

class Ledger:
    def __init__(self, n=4):
        self.shards = [Shard(i) for i in range(n)]
        self.replica = Replica()
        for acc in range(100):
            self.shard_of(acc).accounts[acc] = 100
    def shard_of(self, acc):
        return self.shards[acc % len(self.shards)]
    @contextlib.contextmanager
    def locked(self, *accs):
        with contextlib.ExitStack() as st:
            for a in accs:
                st.enter_context(self.shard_of(a).lock)
                time.sleep(0.2)
            yield
    def transfer(self, src, dst, amount):
        with self.locked(src, dst):
            self.shard_of(src).accounts[src] -= amount
            self.shard_of(dst).accounts[dst] += amount
            self.replica.journal((src, dst), 0.1).wait()
    def balance(self, acc):
        with self.shard_of(acc).lock:
            return self.shard_of(acc).accounts[acc]

def auditor(ledger):
    while True:
        ledger.balance(random.choice([2, 6, 10]))
        time.sleep(1)

def main():
    ledger = Ledger()
    threading.Thread(target=auditor, args=(ledger,), name="auditor", daemon=True).start()
    moves = [threading.Thread(target=ledger.transfer, args=a, name=f"move-{n}", daemon=True)
             for n, a in enumerate([(0, 1, 5), (1, 0, 7)])]
    for m in moves: m.start()
    time.sleep(1.2)
    print("READY", os.getpid(), flush=True)
    for m in moves: m.join()
    print("ENDED", flush=True)

main()
