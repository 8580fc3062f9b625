# somebody alive ends the wait after 45 s: getattr fstring
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
class S:
    def on_done(self, app):
        app.ev.set()
def later(app):
    time.sleep(45)
    k = 'done'
    getattr(S(), f'on_{k}')(app)
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
