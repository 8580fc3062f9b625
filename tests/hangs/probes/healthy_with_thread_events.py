# threads: own lock, each waiter has an Event of its own, __exit__ sets the next
import asyncio, collections, contextlib, signal, threading, time
signal.alarm(900)

class Lock:
    def __init__(self):
        self.mutex, self.owner, self.waiters = threading.Lock(), None, collections.deque()
    def __enter__(self):
        with self.mutex:
            if self.owner is None:
                self.owner = threading.get_ident()
                return
            event = threading.Event()
            self.waiters.append(event)
        event.wait()
    def __exit__(self, *exc):
        with self.mutex:
            self.owner = None
            if self.waiters:
                self.waiters.popleft().set()
def request(lock, seconds):
    with lock:
        time.sleep(seconds)
lock = Lock()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(lock, 25), name="first").start()
time.sleep(0.2)
request(lock, 0)
