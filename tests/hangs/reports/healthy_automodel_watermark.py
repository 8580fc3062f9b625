# NeMo Automodel #3049: the producer is parked at the high watermark; stop() sets an event that the store does not look at, and joins
import collections, signal, threading, time
from svckit import Heartbeat, Metrics, note, ready
signal.alarm(900)


class HiddenStateStore:
    def __init__(self, high=4):
        self._cond = threading.Condition()
        self._items, self._high, self._closed = collections.deque(), high, False

    def put_blocks_until_below(self, item):
        with self._cond:
            while len(self._items) >= self._high and not self._closed:
                self._cond.wait()
            self._items.append(item)

    def take(self):
        with self._cond:
            item = self._items.popleft()
            self._cond.notify_all()
            return item

    def close(self):
        with self._cond:
            self._closed = True
            self._cond.notify_all()


class AsyncPipeline:
    def __init__(self, store):
        self.store, self._stop_event = store, threading.Event()
        self.thread = threading.Thread(target=self._run, name="producer")

    def _run(self):
        n = 0
        try:
            while not self._stop_event.is_set():
                self.store.put_blocks_until_below(n)
                n += 1
        finally:
            self.store.close()

    def stop(self):
        self._stop_event.set()
        self.thread.join()


class Trainer:
    def __init__(self):
        self.metrics, self.store = Metrics(), HiddenStateStore()
        self.pipeline = AsyncPipeline(self.store)

    def evaluate(self):
        time.sleep(20)
        self.store.take()

    def fit(self, steps):
        Heartbeat(self.metrics).start()
        self.pipeline.thread.start()
        threading.Thread(target=self.evaluate, name="evaluate", daemon=True).start()
        for _ in range(steps):
            time.sleep(0.1)
            self.store.take()
            self.metrics.add("steps")
        ready()
        self.pipeline.stop()
        note("WAIT ENDED")


Trainer().fit(4)
