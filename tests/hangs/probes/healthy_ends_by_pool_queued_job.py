# somebody alive ends the wait after 45 s: pool queued job
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
P = concurrent.futures.ThreadPoolExecutor(1)
def fin(app): app.ev.set()
def later(app):
    P.submit(time.sleep, 45)
    P.submit(fin, app)
threading.Thread(target=later, args=(app,), daemon=True).start()
print('READY', flush=True)
t.join()
