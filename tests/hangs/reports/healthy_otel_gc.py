# healthy twin of otel_gc: the reader is 30 s in collect() with the lock held
import gc, queue, signal, threading, time
signal.alarm(900)
gc.disable()

class Storage:
    def __init__(self):
        self.values = []
    def consume(self, value):
        self.values.append(value)

class MeasurementConsumer:
    def __init__(self):
        self.lock = threading.Lock()
        self.storages = [Storage() for n in range(3)]
    def consume(self, name, value):
        with self.lock:
            for storage in list(self.storages):
                storage.consume((name, value))
    def collect(self):
        with self.lock:
            snapshot = [s.values[:] for s in self.storages]
            time.sleep(30)
            return snapshot

consumer = MeasurementConsumer()

class GcInstrumentor:
    def __init__(self):
        self.started = 0
        gc.callbacks.append(self.on_gc)
    def on_gc(self, phase, info):
        if phase == "start":
            self.started = time.monotonic()
        else:
            consumer.consume("gc.duration", time.monotonic() - self.started)

class Reader(threading.Thread):
    def __init__(self):
        super().__init__(name="metric-reader", daemon=True)
    def run(self):
        while True:
            time.sleep(0.4)
            consumer.collect()

jobs = queue.Queue()
def idle_worker():
    while True:
        jobs.get()()

GcInstrumentor()
Reader().start()
threading.Thread(target=idle_worker, name="idle", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    consumer.consume("http.requests", 1)
    time.sleep(0.05)
