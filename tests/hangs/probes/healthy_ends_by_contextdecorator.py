# somebody alive ends the wait after 45 s: ContextDecorator
import signal
signal.alarm(900)
import threading, time, contextlib, functools, weakref, atexit, queue, concurrent.futures
M = threading.Lock()
class locked(contextlib.ContextDecorator):
    def __enter__(self):
        M.acquire()
    def __exit__(self, *e):
        M.release()
@locked()
def hold():
    time.sleep(45)
@locked()
def wait():
    pass

h = threading.Thread(target=hold, name='holder')
h.start()
time.sleep(.1)
w = threading.Thread(target=wait, name='waiter')
w.start()
print('READY', flush=True)
w.join()
