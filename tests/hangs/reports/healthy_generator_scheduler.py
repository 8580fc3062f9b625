# a scheduler thread drives plain generators, which yield how long they want to sleep
import heapq, itertools, threading, time, logging
from svc_noise import SLOW, ready, heartbeat, small_server

class Scheduler(threading.Thread):
    def __init__(self):
        super().__init__(name="scheduler", daemon=True)
        self.heap, self.counter, self.cond = [], itertools.count(), threading.Condition()
    def spawn(self, gen, delay=0):
        with self.cond:
            heapq.heappush(self.heap, (time.monotonic() + delay, next(self.counter), gen))
            self.cond.notify()
    def _next(self):
        with self.cond:
            while True:
                now = time.monotonic()
                if self.heap and self.heap[0][0] <= now:
                    return heapq.heappop(self.heap)[2]
                self.cond.wait(self.heap[0][0] - now if self.heap else None)
    def run(self):
        while True:
            gen = self._next()
            try:
                delay = gen.send(None)
            except StopIteration:
                continue
            except Exception:
                logging.getLogger("scheduler").debug("dropped", exc_info=True)
                continue
            self.spawn(gen, delay)

class Batch:
    def __init__(self, rows):
        self.rows, self.finished, self.count = rows, threading.Event(), 0
    def steps(self):
        for row in self.rows:
            self.count += int(row)
            yield 0.1
        yield SLOW
        self.finished.set()

def cron():
    while True:
        yield 0.3

heartbeat()
small_server()
scheduler = Scheduler()
scheduler.start()
scheduler.spawn(cron())
batch = Batch(["1", "2", "3", "4"])
scheduler.spawn(batch.steps())
ready()
batch.finished.wait()
print("DONE", batch.count, flush=True)
