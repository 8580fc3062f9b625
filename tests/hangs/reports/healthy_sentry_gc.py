# healthy twin of sentry_gc: the finalizer only takes a note
import gc, queue, signal, threading, time
signal.alarm(900)
gc.disable()

class Transport(queue.Queue):
    def _get(self):
        gc.collect()                    # the collector happens to run now
        return super()._get()

events = Transport()
dropped = []

class Deferred:
    def __init__(self):
        self.me = self
    def __del__(self):
        dropped.append("unhandled error in Deferred")

def worker():
    while True:
        events.get()
        time.sleep(0.05)

threading.Thread(target=worker, name="sentry-worker", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.3)
Deferred()
while True:
    events.put("request")
    time.sleep(0.1)
