# a queue.Queue as a pool, contextmanager: one thread has it for 25 s, another waits
import signal, threading, time
import contextlib, queue
signal.alarm(900)

class Pool:
    def __init__(self):
        self.q = queue.Queue(); self.q.put(1)
    @contextlib.contextmanager
    def conn(self):
        c = self.q.get()
        try: yield c
        finally: self.q.put(c)

def request(x, seconds):
    with x.conn():
        time.sleep(seconds)
x = Pool()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
