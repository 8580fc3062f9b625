# a signal handler takes an RLock while the main thread waits for it, and the wait goes on after that (rebuilds python/cpython issue 144706)
import os, queue, signal, threading, time
signal.alarm(900)

class Registry:
    def __init__(self):
        self.lock = threading.RLock()
        self.entries = {}
    def put(self, key, value):
        self.lock.acquire()
        try:
            self.entries[key] = value
        finally:
            self.lock.release()

registry = Registry()

class Reloader:
    def __init__(self):
        self.reloads = 0
        self.taken = False
    def on_signal(self, number, frame):
        registry.lock.acquire()
        self.taken = True
        self.reloads += 1

def refresher():
    with registry.lock:
        time.sleep(0.8)

def sender():
    time.sleep(0.4)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

jobs = queue.Queue()
def idle_worker():
    while True:
        jobs.get()

def metrics():
    while True:
        time.sleep(0.1)
        len(registry.entries)

reloader = Reloader()
signal.signal(signal.SIGUSR1, reloader.on_signal)
threads = [threading.Thread(target=f, name=f.__name__, daemon=True) for f in (refresher, sender, idle_worker, metrics)]
for t in threads:
    t.start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.1)
registry.put("a", 1)
while True:
    time.sleep(1)
