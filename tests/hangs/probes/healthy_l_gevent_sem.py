# gevent BoundedSemaphore and an own slot by gevent Event
import gevent, signal
from gevent.lock import BoundedSemaphore
from gevent.event import Event
signal.alarm(900)
class Slot:
    def __init__(self): self.busy, self.events = False, []
    def __enter__(self):
        while self.busy:
            e = Event(); self.events.append(e); e.wait()
        self.busy = True
    def __exit__(self, *exc):
        self.busy = False
        for e in self.events: e.set()
sem, slot = BoundedSemaphore(1), Slot()
def request(x):
    with x:
        gevent.sleep(25)
gevent.spawn_later(1, print, "READY", flush=True)
gevent.joinall([gevent.spawn(request, x) for x in (sem, sem, slot, slot)])
