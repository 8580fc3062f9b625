# healthy twin of flock_twice: the lock is given back before it is taken again
import fcntl, os, signal, threading, time
signal.alarm(900)

class FileLock:
    def __init__(self, path):
        self.path = path
    def __enter__(self):
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        return self
    def __exit__(self, *exc):
        os.close(self.fd)

def store(key):
    with FileLock("cache.lock"):
        return key

def rebuild(keys):
    with FileLock("cache.lock"):
        pass
    return [store(k) for k in keys]

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    rebuild(["a", "b"])
    time.sleep(1)
