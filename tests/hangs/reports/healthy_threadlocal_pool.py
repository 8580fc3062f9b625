# connections of a pool, cached in a thread local; a thread that ends should give its one back
import queue, threading, time
from svc_noise import SLOW, ready, heartbeat, poller

class Connection:
    def __init__(self, n): self.n = n
    def query(self, seconds): time.sleep(seconds)

class Pool:
    def __init__(self, n):
        self.idle, self.local = queue.LifoQueue(), threading.local()
        for i in range(n):
            self.idle.put(Connection(i))
    def connection(self):
        conn = getattr(self.local, "conn", None)
        if conn is None:
            conn = self.local.conn = self.idle.get()
        return conn
    def close_all_of_thread(self):
        conn = self.local.__dict__.pop("conn", None)
        if conn is not None:
            self.idle.put(conn)

def closing(fn):
    def run(pool, seconds):
        try:
            fn(pool, seconds)
        finally:
            pool.close_all_of_thread()
    return run

@closing
def job(pool, seconds):
    pool.connection().query(seconds)

heartbeat()
pool = Pool(2)
poller(pool.idle.qsize)
KEEP = []
early = [threading.Thread(target=job, args=(pool, SLOW), name="early-%d" % i) for i in range(2)]
for t in early: t.start()
time.sleep(0.5)
late = threading.Thread(target=job, args=(pool, 0.1), name="late")
late.start()
ready()
late.join()
print("DONE", flush=True)
