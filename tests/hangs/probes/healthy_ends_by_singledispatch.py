# somebody alive ends the wait after 45 s: singledispatch
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
@functools.singledispatch
def fin(x):
    pass
@fin.register
def _(x: App):
    x.ev.set()
def later(app):
    time.sleep(45)
    fin(app)
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
