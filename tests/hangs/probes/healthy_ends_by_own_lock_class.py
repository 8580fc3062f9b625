# somebody alive ends the wait after 45 s: own lock class
import signal
signal.alarm(900)
import threading, time, contextlib, functools, weakref, atexit, queue, concurrent.futures
class TL:
    def __init__(self): self._l = threading.Lock()
    def __enter__(self):
        self._l.acquire()
    def __exit__(self, *e):
        self._l.release()
L = TL()
def hold():
    with L:
        time.sleep(45)
def wait():
    with L:
        pass

h = threading.Thread(target=hold, name='holder')
h.start()
time.sleep(.1)
w = threading.Thread(target=wait, name='waiter')
w.start()
print('READY', flush=True)
w.join()
