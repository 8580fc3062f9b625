import functools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class exclusive:
    locks = {}

    def __init__(self, key):
        self.key = key

    def __call__(self, fn):
        lock = self.locks.setdefault(self.key, threading.Semaphore(1))
        functools.update_wrapper(self, fn)
        self.fn, self.lock = fn, lock
        return self.guarded

    def guarded(self, *args):
        self.lock.acquire()
        try:
            return self.fn(*args)
        finally:
            self.lock.release()


@exclusive("disk")
def defragment():
    time.sleep(LAG)


@exclusive("disk")
def write(text):
    print("ENDED", text, flush=True)


a = threading.Thread(target=defragment)
b = threading.Thread(target=write, args=["note"])
for t in (a, b):
    t.start()
    time.sleep(0.3)
print("READY", os.getpid(), flush=True)
b.join()
