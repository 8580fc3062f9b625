# healthy twin of opendiamond_async_exc: the checkpoint takes 30 s
import queue, signal, threading, time
signal.alarm(900)

class Timeout(Exception):
    pass

class Store:
    def __init__(self):
        self.mutex = threading.Lock()
        self.rows = {}
    def checkpoint(self):
        self.mutex.acquire()
        time.sleep(30)
        try:
            self.rows.clear()
        finally:
            self.mutex.release()
    def put(self, key, value):
        with self.mutex:
            self.rows[key] = value

store = Store()

class Server:
    def __init__(self):
        self.timeouts = 0
    def on_timer(self, number, frame):
        raise Timeout
    def run(self):
        signal.signal(signal.SIGUSR1, self.on_timer)
        try:
            store.checkpoint()
        except Timeout:
            self.timeouts += 1
        while True:
            time.sleep(0.5)

def search(n):
    time.sleep(0.1)
    for i in range(10**6):
        store.put((n, i), i)
        time.sleep(0.05)

jobs = queue.Queue()
def idle_worker():
    while True:
        jobs.get()

threading.Thread(target=idle_worker, name="idle", daemon=True).start()
for n in range(2):
    threading.Thread(target=search, args=(n,), name="search-%d" % n).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
Server().run()
