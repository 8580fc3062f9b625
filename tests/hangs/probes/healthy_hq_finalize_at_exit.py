import atexit, os, signal, threading, time, weakref
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Cache:
    def __init__(self):
        self.dirty = {"a": 1}


def save(gate, rows):
    rows.clear()
    gate.set()


def saver(gate):
    gate.wait()
    print("ENDED", flush=True)


gate = threading.Event()
cache = Cache()
worker = threading.Thread(target=saver, args=(gate,), daemon=True)
worker.start()
atexit.register(worker.join, 10)
weakref.finalize(cache, save, gate, cache.dirty)
time.sleep(0.3)
print("READY", os.getpid(), flush=True)
time.sleep(LAG)
