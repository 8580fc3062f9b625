# somebody alive ends the wait after 45 s: descriptor
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
class D:
    def __set__(self, o, v):
        o.app.ev.set()
class St:
    state = D()
    def __init__(self, app): self.app = app
s = St(app)
def later(app):
    time.sleep(45)
    s.state = 1
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
