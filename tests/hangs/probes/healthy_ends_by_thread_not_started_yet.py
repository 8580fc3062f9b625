# somebody alive ends the wait after 45 s: thread not started yet
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
def fin(app): app.ev.set()
T2 = threading.Thread(target=fin, args=(app,))
def later(app):
    time.sleep(45)
    T2.start()
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
