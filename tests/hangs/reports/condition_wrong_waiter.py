# unitree_sdk2_python #177: notify() where notify_all() was meant, in a bounded buffer with one condition for both sides: notify() wakes a consumer where the producer should have been woken, and all sleep
import collections, signal, threading, time
from svckit import Heartbeat, Metrics, note, ready
signal.alarm(900)


class Buffer:
    def __init__(self, size=1):
        self.size, self.items, self.cond = size, collections.deque(), threading.Condition()

    def put_many(self, items):
        with self.cond:
            for item in items:
                while len(self.items) >= self.size:
                    self.cond.wait()
                self.items.append(item)
                self.cond.notify()

    def get(self):
        with self.cond:
            while not self.items:
                self.cond.wait()
            item = self.items.popleft()
            self.cond.notify()
            return item


class Pipeline:
    def __init__(self):
        self.buffer, self.metrics = Buffer(), Metrics()

    def consume(self):
        while (item := self.buffer.get()) is not None:
            self.metrics.add("items")

    def read_batch(self):
        return [1, 2, 3]

    def produce(self):
        self.buffer.put_many(self.read_batch())
        self.buffer.put_many([None, None])

    def run(self):
        Heartbeat(self.metrics).start()
        threads = [threading.Thread(target=self.consume, name=f"consumer-{n}") for n in range(2)]
        for t in threads:
            t.start()
        time.sleep(0.3)
        threads.append(threading.Thread(target=self.produce, name="producer"))
        threads[-1].start()
        ready()
        for t in threads:
            t.join()
        note("WAIT ENDED")


Pipeline().run()
