# somebody alive ends the wait after 45 s: retry deco
import signal
signal.alarm(900)
import threading, time, queue, functools, contextlib, weakref, enum, types, concurrent.futures, itertools
class App:
    def __init__(self):
        self.ev = threading.Event()
app = App()
def wait(app):
    app.ev.wait()
t = threading.Thread(target=wait, args=(app,), name='waiter')
t.start()
def retry(f):
    @functools.wraps(f)
    def inner(*a, **k):
        for i in range(3):
            try:
                return f(*a, **k)
            except OSError:
                time.sleep(45)
    return inner
n = []
@retry
def later(app):
    n.append(1)
    if len(n) < 2:
        raise OSError
    app.ev.set()
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
