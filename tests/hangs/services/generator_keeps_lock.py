# an embedded table: scan() is a generator that holds the table's lock; a pager keeps the cursor between pages
import itertools, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Table:
    def __init__(self, n=100):
        self.lock = threading.Lock()
        self.rows = dict.fromkeys(range(n), "x")
    def scan(self, start=0):
        with self.lock:
            for key in itertools.count(start):
                if key not in self.rows:
                    return
                yield key, self.rows[key]
    def insert(self, key, value):
        with self.lock:
            self.rows[key] = value

class Pager:
    """keeps a cursor open for the client's next page"""
    def __init__(self, table, idle):
        self.table, self.idle, self.cursor = table, idle, None
    def first(self, n):
        self.cursor = self.table.scan()
        return list(itertools.islice(self.cursor, n))
    def expire(self):
        cur, self.cursor = self.cursor, None
        if cur is not None:
            cur.close()

class Web(threading.Thread):
    """serves one page per request; the clients never asked for page 2"""
    def __init__(self, pager):
        super().__init__(name="web", daemon=True)
        self.pager, self.requests, self.pages = pager, queue.Queue(), 0
    def run(self):
        while True:
            n = self.requests.get()
            self.pager.first(n)
            self.pages += 1

class Writer(threading.Thread):
    def __init__(self, n, table):
        super().__init__(name=f"writer-{n}", daemon=True)
        self.n, self.table = n, table
    def run(self):
        self.table.insert(1000 + self.n, "y")

def clock():
    while True:
        time.sleep(0.5); clock.t = time.time()

table = Table()
web = Web(Pager(table, LAG)); web.start()
threading.Thread(target=clock, name="clock", daemon=True).start()
web.requests.put(10)
time.sleep(0.3)
writers = [Writer(n, table) for n in range(2)]
for w in writers: w.start()
time.sleep(1)
print("READY", os.getpid(), flush=True)
for w in writers: w.join()
print("ENDED", flush=True)
