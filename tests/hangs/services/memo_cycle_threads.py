# a rule engine with a single-flight memo: one thread computes a key, the others wait for its event
import functools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Entry:
    __slots__ = ("event", "value", "owner")
    def __init__(self):
        self.event, self.value, self.owner = threading.Event(), None, threading.current_thread().name

class Memo:
    def __init__(self, ttl=60):
        self._lock, self._entries = threading.Lock(), {}
        self.hits = 0
    def get(self, key, compute):
        with self._lock:
            e = self._entries.get(key)
            mine = e is None
            if mine:
                e = self._entries[key] = Entry()
        if not mine:
            self.hits += 1
            e.event.wait()
            return e.value
        try:
            e.value = compute()
        finally:
            e.event.set()
        return e.value

RULES = {}
def rule(fn):
    RULES[fn.__name__] = fn
    return fn

class Engine:
    def __init__(self): self.memo = Memo()
    def resolve(self, name):
        return self.memo.get(name, functools.partial(RULES[name], self))

class Tariff:
    @staticmethod
    def ask():
        box = []
        cond = threading.Condition()
        def answer():
            with cond:
                box.append(0.1); cond.notify()
        t = threading.Timer(LAG, answer); t.daemon = True; t.start()
        with cond:
            cond.wait_for(lambda: box)
        return box[0]

@rule
def net(e): return 100
@rule
def gross(e):
    time.sleep(0.2)
    return e.resolve("net") * 1.2 - e.resolve("discount")
@rule
def discount(e):
    time.sleep(0.2)
    return e.resolve("gross") * 0.05

def trim(memo):
    while True:
        time.sleep(1)
        trim.size = len(memo._entries)

engine = Engine()
threading.Thread(target=trim, args=(engine.memo,), name="trim", daemon=True).start()
ts = [threading.Thread(target=engine.resolve, args=(n,), name=f"rule-{n}", daemon=True) for n in ("gross", "discount")]
for t in ts: t.start()
time.sleep(1.3)
print("READY", os.getpid(), flush=True)
for t in ts: t.join()
print("ENDED", flush=True)
