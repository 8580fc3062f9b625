"""Order service: threads share a small hand-written connection pool through a decorator."""
import functools, os, queue, signal, sqlite3, tempfile, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Pool:
    def __init__(self, size):
        self.free = queue.LifoQueue()
        for _ in range(size):
            c = sqlite3.connect(":memory:", check_same_thread=False)
            c.execute("create table t (what text)")
            self.free.put(c)

    def using(self, fn):
        @functools.wraps(fn)
        def call(*args):
            conn = self.free.get()
            try:
                return fn(conn, *args)
            finally:
                self.free.put(conn)
        return call

pool = Pool(2)

@pool.using
def audit(conn, what):
    conn.execute("insert into t values (?)", (what,))

@pool.using
def order(conn, n):
    conn.execute("insert into t values (?)", (f"order {n}",))
    time.sleep(0.3)

@pool.using
def nightly(conn, path):
    while not os.path.exists(path):
        time.sleep(0.2)
    conn.execute("insert into t values ('nightly')")

class Web(threading.Thread):
    def __init__(self, n):
        super().__init__(name=f"web-{n}")
        self.n = n

    def run(self):
        order(self.n)
        audit(f"order {self.n} placed")
        print("DONE", self.n, flush=True)

class Beat(threading.Thread):
    def __init__(self):
        super().__init__(name="beat", daemon=True)
        self.free = []

    def run(self):
        while True:
            self.free.append(pool.free.qsize())
            time.sleep(0.5)

def main():
    Beat().start()
    path = os.path.join(tempfile.mkdtemp(), "fx-rates.csv")
    for i in range(2):
        threading.Thread(target=nightly, args=(path,), name=f"nightly-{i}").start()
    t = threading.Timer(LAG, lambda: open(path, "w").close())
    t.daemon = True
    t.start()
    time.sleep(0.2)
    web = [Web(i) for i in range(2)]
    for w in web:
        w.start()
    time.sleep(1)
    print("READY", os.getpid(), flush=True)
    for w in web:
        w.join()

main()
