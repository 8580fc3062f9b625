# renderers borrow what they need through an exit stack
import contextlib, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Resources(contextlib.ExitStack):
    def __init__(self, pools=None):
        super().__init__()
        self.pools = pools
    def borrow(self, *names):
        for n in names:
            pool = self.pools[n]
            pool.acquire()
            self.callback(pool.release)
        return self

class Farm:
    def __init__(self):
        self.pools = {"slots": threading.Semaphore(2), "disk": threading.Semaphore(9)}
        self.kept, self.frames = [], 0
    def render(self, n):
        with Resources(self.pools) as r:
            r.borrow("disk", "slots")
            self.frames += 1
            if self.frames > 2:
                print("ENDED", n, flush=True)
            time.sleep(0.2)
            self.kept.append(r.pop_all())

def status(farm):
    while True:
        time.sleep(1)
        status.line = f"{farm.frames} frames"

farm = Farm()
threading.Thread(target=status, args=(farm,), name="status", daemon=True).start()
ts = [threading.Thread(target=farm.render, args=(n,), name=f"render-{n}", daemon=True) for n in range(4)]
for t in ts:
    t.start(); time.sleep(0.1)
time.sleep(1)
print("READY", os.getpid(), flush=True)
for t in ts: t.join()
