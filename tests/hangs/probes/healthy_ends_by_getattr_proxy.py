# somebody alive ends the wait after 45 s: getattr proxy
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
class Proxy:
    def __init__(self, o): self._o = o
    def __getattr__(self, n): return getattr(self._o, n)
px = Proxy(app.ev)
def later(app):
    time.sleep(45)
    px.set()
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
