# semaphore in a contextmanager; the waiter acquires directly
import contextlib, signal, threading, time
signal.alarm(900)
@contextlib.contextmanager
def slot(s):
    s.acquire()
    try: yield s
    finally: s.release()
def first(x):
    with slot(x):
        time.sleep(25)
def second(x):
    x.acquire()
x = threading.BoundedSemaphore(1)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=first, args=(x,), name="first").start()
time.sleep(0.4)
second(x)
