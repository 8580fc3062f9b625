# one thread for all timers: slots of callables
import threading, time
from collections import defaultdict
from functools import partial
from svc_noise import SLOW, ready, heartbeat

class Wheel(threading.Thread):
    TICK = 0.1
    def __init__(self):
        super().__init__(name="timer-wheel", daemon=True)
        self.slots, self.now, self.lock = defaultdict(dict), 0, threading.Lock()
    def add(self, delay, fn, *args):
        with self.lock:
            slot = self.now + max(1, round(delay / self.TICK))
            key = object()
            self.slots[slot][key] = partial(fn, *args)
            return slot, key
    def cancel(self, handle):
        slot, key = handle
        with self.lock:
            self.slots[slot].pop(key, None)
    def run(self):
        while True:
            time.sleep(self.TICK)
            with self.lock:
                self.now += 1
                due = self.slots.pop(self.now, {})
            for call in due.values():
                call()

class Lease:
    def __init__(self, wheel, ttl):
        self.wheel, self.released = wheel, threading.Event()
        self.handle = wheel.add(ttl, self._expire, "ttl")
    def _expire(self, reason):
        self.reason = reason
        self.released.set()
    def renew(self, ttl):
        self.wheel.cancel(self.handle)
        self.handle = self.wheel.add(float(ttl), self._expire, "renewed")

def beat(wheel):
    wheel.add(0.5, beat, wheel)

heartbeat()
wheel = Wheel()
beat(wheel)
wheel.start()
lease = Lease(wheel, SLOW)
try:
    lease.renew("45s")
except ValueError:
    pass
ready()
lease.released.wait()
print("DONE", flush=True)
