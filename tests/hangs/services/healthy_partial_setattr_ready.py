# feature flags: ready when the download on the executor is through
import concurrent.futures as cf, functools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Features:
    def __init__(self):
        self._ready, self.cond, self.flags = False, threading.Condition(), {}
    @property
    def ready(self): return self._ready
    @ready.setter
    def ready(self, value):
        with self.cond:
            self._ready = value
            self.cond.notify_all()
    def await_ready(self):
        with self.cond:
            self.cond.wait_for(lambda: self.ready)

def when_done(fut, fn):
    def cb(f):
        if not f.cancelled() and f.exception() is None:
            fn(f.result())
    fut.add_done_callback(cb)
    return fut

class Loader:
    def __init__(self, features):
        self.pool = cf.ThreadPoolExecutor(1, thread_name_prefix="download")
        self.features = features
    def download(self, url, seconds):
        time.sleep(seconds)
        return bool(url)
    def start(self):
        fut = self.pool.submit(self.download, "flags", LAG)
        when_done(fut, functools.partial(setattr, self.features, "ready"))
        return fut

def client(features):
    features.await_ready()
    print("ENDED", flush=True)

features = Features()
Loader(features).start()
cs = [threading.Thread(target=client, args=(features,), name=f"client-{n}", daemon=True) for n in range(2)]
for c in cs: c.start()
time.sleep(1.2)
print("READY", os.getpid(), flush=True)
while True:
    time.sleep(4)
