# ETL: extract -> transform (2 threads) -> load, bounded queues between them
import contextlib, functools, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
STOP = object()

def stage(name, workers=1):
    def deco(fn):
        @functools.wraps(fn)
        def start(*a, **k):
            ts = [threading.Thread(target=fn, args=a, kwargs=k, name=f"{name}-{i}") for i in range(workers)]
            for t in ts:
                t.daemon = True; t.start()
            return ts
        return start
    return deco

class Warehouse:
    def __init__(self): self.rows, self.chunks = [], 0
    @contextlib.contextmanager
    def transaction(self):
        buf = []
        yield buf
        self.rows.extend(buf)
    def copy(self, chunk):
        self.chunks += 1
        if any(c["price"] is None for c in chunk):
            raise TypeError("price of %r" % chunk[0]["id"])
        with self.transaction() as buf:
            buf.extend(chunk)
    def backoff(self):
        time.sleep(LAG)

@stage("extract")
def extract(out, total):
    for n in range(total):
        out.put({"id": n, "price": None if n == 37 else n * 1.5})
    out.put(STOP)
    print("ENDED", flush=True)

@stage("transform", 2)
def transform(src, out):
    while (row := src.get()) is not STOP:
        row["vat"] = (row["price"] or 0) * 0.2
        out.put(row)
    src.put(STOP)

@stage("load")
def load(src, wh, size=10):
    chunk = []
    while True:
        chunk.append(src.get())
        if len(chunk) == size:
            wh.copy(chunk)
            chunk = []

class Progress(threading.Thread):
    def __init__(self, wh, *queues):
        super().__init__(name="progress", daemon=True)
        self.wh, self.queues, self.lines = wh, queues, []
    def run(self):
        while True:
            time.sleep(2)
            self.lines.append((len(self.wh.rows), [q.qsize() for q in self.queues]))
            del self.lines[:-10]

threading.excepthook = lambda a: None
to_transform, to_load = queue.Queue(8), queue.Queue(8)
wh = Warehouse()
Progress(wh, to_transform, to_load).start()
threads = [*load(to_load, wh), *transform(to_transform, to_load), *extract(to_transform, 120)]
time.sleep(1)
print("READY", os.getpid(), flush=True)
threads[-1].join()
threading.Event().wait(600)
