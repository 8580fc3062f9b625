# somebody alive ends the wait after 45 s: setattr global rebind
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
EV2 = None
def later(app):
    global EV2
    EV2 = app.ev
    del app
    time.sleep(45)
    EV2.set()
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
