# warehouse: a reservation waits for the next delivery
import os, queue, signal, threading, time, typing, weakref
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Stock:
    def __init__(self):
        self.lock = threading.Lock()
        self.items: dict[str, int] = {"pen": 3}
        self.restocked: dict[str, threading.Event] = {}
        self._observers = weakref.WeakSet()

    def observe(self, obj): self._observers.add(obj)

    def reserve(self, sku, n):
        with self.lock:
            ev = self.restocked.setdefault(sku, threading.Event())
        while True:
            with self.lock:
                if self.items.get(sku, 0) >= n:
                    self.items[sku] -= n
                    break
                ev.clear()
            ev.wait()
        for o in list(self._observers):
            o.changed(sku)

    def deliver(self, sku, n):
        with self.lock:
            self.items[sku] = self.items.get(sku, 0) + n
            if ev := self.restocked.get(sku):
                ev.set()

class Supplier:
    def __init__(self, stock, delay):
        self.stock, self.delay, self.orders = stock, delay, queue.Queue()
        threading.Thread(target=self._loop, name="supplier", daemon=True).start()
    def _loop(self):
        while True:
            sku, n = self.orders.get()
            time.sleep(self.delay)
            self.stock.deliver(sku, n)

class Dashboard:
    def __init__(self): self.seen = []
    def changed(self, sku): self.seen.append(sku)

def poll(stop):
    while not stop.wait(2):
        pass

stock = Stock()
dash = Dashboard(); stock.observe(dash)
supplier = Supplier(stock, LAG)
threading.Thread(target=poll, args=(threading.Event(),), name="poll", daemon=True).start()
stock.reserve("pen", 1)
r = threading.Thread(target=stock.reserve, args=("pen", 10), name="reserve", daemon=True)
r.start()
supplier.orders.put(("pen", 50))
time.sleep(1.5)
print("READY", os.getpid(), flush=True)
r.join()
print("ENDED", flush=True)
