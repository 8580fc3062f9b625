# django-q2 #346: SIGTERM arrives while the main thread holds the store's lock; its handler joins the flusher, which waits for that lock
import os, signal, threading, time
from svckit import Heartbeat, IdleWorkers, Metrics, admin_port, note
signal.alarm(900)


class Store:
    def __init__(self):
        self.lock, self.rows = threading.Lock(), []

    def checkpoint(self):
        with self.lock:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                time.sleep(0.05)
            self.rows.clear()

    def upload(self):
        with self.lock:
            self.rows.append(1)


class Flusher(threading.Thread):
    def __init__(self, store):
        super().__init__(name="flusher", daemon=True)
        self.store, self.stopping = store, threading.Event()

    def run(self):
        while not self.stopping.is_set():
            time.sleep(0.1)
            self.store.upload()


class Service:
    def __init__(self):
        self.metrics, self.store = Metrics(), Store()
        self.flusher = Flusher(self.store)

    def on_term(self, signum, frame):
        self.flusher.stopping.set()
        self.flusher.join()
        note("WAIT ENDED")
        raise SystemExit(0)

    def run(self):
        signal.signal(signal.SIGTERM, self.on_term)
        Heartbeat(self.metrics).start()
        IdleWorkers()
        self.admin = admin_port()
        self.flusher.start()
        while True:
            self.store.checkpoint()
            time.sleep(0.3)


def supervisor():
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(1)
    print("READY", flush=True)


threading.Thread(target=supervisor, name="supervisor", daemon=True).start()
Service().run()
