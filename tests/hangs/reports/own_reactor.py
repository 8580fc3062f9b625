# an event loop of one's own: selectors, a wake-up pipe, a heap of timers and a deque of calls
import collections, heapq, itertools, os, selectors, threading, time
from svc_noise import SLOW, ready, heartbeat

class Call:
    def __init__(self, fn):
        self.fn, self.done = fn, threading.Event()
    def __call__(self):
        try:
            self.value = self.fn()
        finally:
            self.done.set()

class Reactor(threading.Thread):
    def __init__(self):
        super().__init__(name="reactor", daemon=True)
        self.r, self.w = os.pipe()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.r, selectors.EVENT_READ, self._drain)
        self.calls, self.timers, self.counter = collections.deque(), [], itertools.count()
    def _drain(self):
        os.read(self.r, 4096)
    def wake(self):
        os.write(self.w, b"x")
    def post(self, call, delay=0):
        if delay:
            heapq.heappush(self.timers, (time.monotonic() + delay, next(self.counter), call))
            self.wake()
        else:
            self.calls.append(call)
        return call
    def run(self):
        while True:
            timeout = max(0, self.timers[0][0] - time.monotonic()) if self.timers else None
            for key, _ in self.selector.select(timeout):
                key.data()
            while self.timers and self.timers[0][0] <= time.monotonic():
                self.calls.append(heapq.heappop(self.timers)[2])
            while self.calls:
                self.calls.popleft()()

class Sensor:
    def __init__(self, reactor):
        self.reactor = reactor
    def read(self, delay):
        call = self.reactor.post(Call(lambda: 21.5), delay)
        call.done.wait()
        return call.value

heartbeat()
reactor = Reactor()
reactor.start()
time.sleep(0.2)
ready()
print(Sensor(reactor).read(0))
print("DONE", flush=True)
