# threads: a retry decorator (closure f, *args) sleeps 25 s and calls again
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

def retry(f):
    @functools.wraps(f)
    def wrapper(*args, **kw):
        while True:
            try: return f(*args, **kw)
            except RuntimeError: time.sleep(25)
    return wrapper
class Service:
    def __init__(self): self.ready = threading.Event(); self.fail = True
    @retry
    def load(self):
        if self.fail:
            self.fail = False
            raise RuntimeError
        self.ready.set()
s = Service()
threading.Thread(target=s.load).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
s.ready.wait()
