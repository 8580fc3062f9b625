# database driver: host pool, connections with streams, requests with callbacks
import itertools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Request:
    def __init__(self, n, cb): self.n, self.cb = n, cb
    def finish(self, result): self.cb(self, result)

class Connection:
    def __init__(self, endpoint):
        self.endpoint, self.requests, self.closed = endpoint, {}, False
        self.ids = itertools.count()
    def send(self, cb, duration):
        req = Request(next(self.ids), cb)
        self.requests[req.n] = req
        t = threading.Timer(duration, self.answer, (req.n,)); t.name = f"event-{req.n}"; t.daemon = True; t.start()
        return req
    def answer(self, n):
        if req := self.requests.pop(n, None):
            req.finish("rows")
    def close(self):
        self.closed = True
        self.error_all_requests(ConnectionError("shutdown"))
    def error_all_requests(self, exc):
        reqs, self.requests = self.requests, {}
        for r in reqs.values():
            r.finish(exc)

class HostConnection:
    def __init__(self, endpoint):
        self._lock = threading.RLock()
        self.stream_available = threading.Condition(self._lock)
        self.conn = Connection(endpoint)
        self.in_flight, self.is_shutdown = 0, False
    def borrow_connection(self):
        with self._lock:
            self.in_flight += 1
            return self.conn
    def return_connection(self, conn):
        with self.stream_available:
            self.in_flight -= 1
            self.stream_available.notify()
    def shutdown(self):
        with self._lock:
            self.is_shutdown = True
            self.stream_available.wait_for(lambda: self.in_flight == 0)
            self.conn.close()

class Session:
    def __init__(self):
        self.pools = {e: HostConnection(e) for e in ("10.0.0.1", "10.0.0.2")}
        self.results = []
    def execute_async(self, endpoint, duration):
        pool = self.pools[endpoint]
        conn = pool.borrow_connection()
        def done(req, result):
            self.results.append(result)
            pool.return_connection(conn)
        return conn.send(done, duration)
    def shutdown(self):
        for p in self.pools.values():
            p.shutdown()

def reconnector(stop):
    while not stop.wait(1.5): pass

session = Session()
threading.Thread(target=reconnector, args=(threading.Event(),), name="reconnector", daemon=True).start()
session.execute_async("10.0.0.1", 0.1)
session.execute_async("10.0.0.2", LAG)
time.sleep(0.3)
t = threading.Timer(1.2, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
session.shutdown()
print("ENDED", flush=True)
