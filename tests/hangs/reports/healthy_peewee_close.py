# healthy twin of peewee_close: manual_close() takes the locks in the same order, and has them for 25 s
import signal, threading, time
signal.alarm(900)

class PooledDatabase:
    def __init__(self):
        self.lock, self.pool_lock = threading.RLock(), threading.RLock()
        self.free = [1, 2]
    def connect(self):
        with self.lock:
            time.sleep(0.3)
            with self.pool_lock:
                return self.free.pop()
    def manual_close(self):
        with self.lock:
            time.sleep(25)
            with self.pool_lock:
                self.free.clear()

def serve(db):
    db.connect()

def reap(db):
    db.manual_close()

db = PooledDatabase()
threads = [threading.Thread(target=f, args=(db,), name=f.__name__) for f in (serve, reap)]
for t in threads: t.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
for t in threads: t.join()
