# somebody alive ends the wait after 45 s: plain generator loop
import signal
signal.alarm(900)
import threading, time, contextlib, functools, weakref, atexit, queue, concurrent.futures
M = threading.Lock()
def session():
    M.acquire()
    yield 1
    M.release()
def hold():
    for x in session():
        time.sleep(45)
def wait():
    with M:
        pass

h = threading.Thread(target=hold, name='holder')
h.start()
time.sleep(.1)
w = threading.Thread(target=wait, name='waiter')
w.start()
print('READY', flush=True)
w.join()
