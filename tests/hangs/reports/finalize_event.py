# a pool is drained when the last handle has been collected: weakref.finalize tells
import threading, time, weakref
from svc_noise import SLOW, ready, heartbeat, small_server
CACHE = {}

class Handle:
    def __init__(self, pool, n):
        self.n = n
        weakref.finalize(self, pool._gone, n)

class Pool:
    def __init__(self):
        self.live, self.empty, self.lock = set(), threading.Event(), threading.RLock()
    def open(self, n):
        with self.lock:
            self.live.add(n)
            self.empty.clear()
        return Handle(self, n)
    def _gone(self, n):
        with self.lock:
            self.live.discard(n)
            if not self.live:
                self.empty.set()
    def drain(self):
        self.empty.wait()

def job(pool, n, seconds):
    handle = pool.open(n)
    CACHE["last"] = handle
    time.sleep(seconds)

heartbeat()
small_server()
pool = Pool()
threads = [threading.Thread(target=job, args=(pool, n, 0.2), name="job-%d" % n) for n in range(3)]
for t in threads:
    t.start()
ready()
time.sleep(0.1)
pool.drain()
print("DONE", flush=True)
