# a callback raised and has killed the thread of a pool that hands out results (rebuilds python/cpython pull request 155777)
import multiprocessing, signal, threading, time
signal.alarm(900)

class Report:
    def __init__(self):
        self.rows = {}
    def add(self, row):
        name, size = row
        if size == 3:
            raise ValueError(name)
        self.rows[name] = size

def measure(name):
    time.sleep(0.2)
    return name, len(name)

class Batch:
    def __init__(self, pool, report):
        self.pool, self.report = pool, report
        self.results = []
    def submit(self, names):
        for name in names:
            self.results.append(self.pool.apply_async(measure, (name,), callback=self.report.add))
    def wait(self):
        return [r.get() for r in self.results]

def ticker():
    while True:
        time.sleep(0.1)

if __name__ == "__main__":
    threading.excepthook = lambda args: None
    with multiprocessing.get_context("fork").Pool(2) as pool:
        threading.Thread(target=ticker, name="ticker", daemon=True).start()
        ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
        batch = Batch(pool, Report())
        batch.submit(["apple", "fig", "cherry"])
        batch.wait()
