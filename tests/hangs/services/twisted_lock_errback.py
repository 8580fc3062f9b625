# twisted: account updates are serialized by a DeferredLock per account
import os, signal, collections
from twisted.internet import defer, reactor, task
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Ledger:
    def __init__(self): self.rows = []
    def write(self, account, amount):
        d = defer.Deferred()
        reactor.callLater(0.1, self._written, d, account, amount)
        return d
    def _written(self, d, account, amount):
        if amount < 0:
            d.errback(ValueError(amount))
        else:
            self.rows.append((account, amount))
            d.callback(amount)

class Accounts:
    def __init__(self, ledger):
        self.ledger = ledger
        self.locks = collections.defaultdict(defer.DeferredLock)
        self.errors = 0
    @defer.inlineCallbacks
    def update(self, account, amount):
        lock = self.locks[account]
        yield lock.acquire()
        try:
            out = yield self.ledger.write(account, amount)
            lock.release()
            return out
        except ValueError:
            self.errors += 1

class Stats:
    def __init__(self, acc): self.acc, self.n = acc, 0
    def __call__(self): self.n += 1

acc = Accounts(Ledger())
task.LoopingCall(Stats(acc)).start(1.0)
ds = [acc.update("alice", a) for a in (-1, 5, 7)]
def ended(_):
    print("ENDED", flush=True)
defer.gatherResults(ds).addCallback(ended)
reactor.callLater(1.5, lambda: print("READY", os.getpid(), flush=True))
reactor.run()
