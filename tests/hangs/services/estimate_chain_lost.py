"""Freight estimates: futures chained by callbacks over a thread pool."""
import os, signal, threading, time, logging
from concurrent.futures import Future, ThreadPoolExecutor
signal.alarm(900)
logging.disable(logging.CRITICAL)
LAG = float(os.environ.get("LAG", 120))

def then(source, fn):
    target = Future()
    def relay(done):
        if done.exception():
            target.set_exception(done.exception())
        else:
            target.set_result(fn(done.result()))
    source.add_done_callback(relay)
    return target

class Carrier:
    def __init__(self, name, rate):
        self.name, self.rate = name, rate

    def quote(self, kilos):
        time.sleep(0.1)
        return {"carrier": self.name, "rate": self.rate, "kilos": kilos}

class Overdue(threading.Thread):
    """gives estimates up that took too long"""
    def __init__(self):
        super().__init__(name="overdue", daemon=True)
        self.lock, self.table = threading.Lock(), {}

    def watch(self, future, seconds):
        with self.lock:
            self.table[future] = time.monotonic() + seconds

    def run(self):
        while True:
            time.sleep(0.3)
            with self.lock:
                for f, due in list(self.table.items()):
                    if f.done() or due < time.monotonic():
                        del self.table[f]
                        if not f.done():
                            f.set_result(float("inf"))

class Desk:
    def __init__(self, pool, overdue):
        self.pool, self.overdue = pool, overdue
        self.carriers = [Carrier("north", 2.0), Carrier("south", None), Carrier("east", 1.5)]

    def estimates(self, kilos):
        for c in self.carriers:
            price = then(self.pool.submit(c.quote, kilos), lambda q: q["rate"] * q["kilos"])
            yield price

    def best(self, kilos):
        return min(f.result() for f in list(self.estimates(kilos)))

def main():
    overdue = Overdue()
    overdue.start()
    t = threading.Timer(1.2, print, ("READY", os.getpid()), {"flush": True})
    t.start()
    with ThreadPoolExecutor(3, thread_name_prefix="quote") as pool:
        desk = Desk(pool, overdue)
        print("DONE", desk.best(12), flush=True)

main()
