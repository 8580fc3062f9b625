# somebody alive ends the wait after 45 s: state setter
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
class St:
    def __init__(self, app): self.__dict__['app'] = app
    def __setattr__(self, k, v):
        if k == 'state' and v == 'done':
            self.app.ev.set()
s = St(app)
def later(app):
    time.sleep(45)
    s.state = 'done'
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
