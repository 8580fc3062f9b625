# pytorch/data #1003: the prefetching thread died of an exception; the iterator waits for its buffer
import collections, signal, threading, time
from svckit import Heartbeat, IdleWorkers, Metrics, note, ready
signal.alarm(900)


class Prefetcher:
    def __init__(self, source, size=4):
        self.source, self.size = source, size
        self.buffer, self.stop_iteration = collections.deque(), False
        self.cond = threading.Condition()
        self.thread = threading.Thread(target=self.worker, name="prefetch", daemon=True)

    def worker(self):
        for item in self.source:
            with self.cond:
                while len(self.buffer) >= self.size:
                    self.cond.wait()
                self.buffer.append(item)
                self.cond.notify_all()
        with self.cond:
            self.stop_iteration = True
            self.cond.notify_all()

    def __iter__(self):
        self.thread.start()
        while True:
            with self.cond:
                while not self.buffer and not self.stop_iteration:
                    self.cond.wait()
                if not self.buffer:
                    return
                item = self.buffer.popleft()
                self.cond.notify_all()
            yield item


class Shards:
    def __init__(self, names):
        self.names = names

    def __iter__(self):
        for name in self.names:
            if name == "bad":
                raise OSError(f"shard {name}: unexpected end of file")
            yield name.upper()


class Training:
    def __init__(self, metrics):
        self.metrics = metrics

    def epoch(self, loader):
        for batch in loader:
            self.metrics.add("batches")
        note("WAIT ENDED")


metrics = Metrics()
Heartbeat(metrics).start()
IdleWorkers()
ready(1.5)
Training(metrics).epoch(Prefetcher(Shards(["a", "b", "bad", "c"])))
