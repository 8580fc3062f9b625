# pykka #232: two threads in get() of one future that keeps its value in a queue of one; set() wakes only one of them
import queue, signal, threading, time
from svckit import Heartbeat, Metrics, note, ready
signal.alarm(900)


class ThreadingFuture:
    def __init__(self):
        self._queue = queue.Queue(maxsize=1)
        self._data = None

    def get(self, timeout=None):
        if self._data is None:
            self._data = self._queue.get(True, timeout)
        return self._data

    def set(self, value):
        self._queue.put(value)


class PriceActor(threading.Thread):
    def __init__(self):
        super().__init__(name="price-actor", daemon=True)
        self.inbox = queue.Queue()

    def ask(self, symbol, think=0.4):
        reply = ThreadingFuture()
        self.inbox.put((symbol, think, reply))
        return reply

    def run(self):
        while True:
            symbol, think, reply = self.inbox.get()
            time.sleep(think)
            reply.set(len(symbol) * 10)


class Quote(threading.Thread):
    def __init__(self, name, future):
        super().__init__(name=name, daemon=True)
        self.future = future

    def run(self):
        self.price = self.future.get()
        note("WAIT ENDED" if self.name == "quote-audit" else "quoted", self.name)


actor = PriceActor()
actor.start()
Heartbeat(Metrics()).start()
price = actor.ask("ACME")
quotes = [Quote("quote-web", price), Quote("quote-audit", actor.ask("ACME", 20))]
for q in quotes:
    q.start()
    time.sleep(0.1)
ready(1.5)
for q in quotes:
    q.join()
