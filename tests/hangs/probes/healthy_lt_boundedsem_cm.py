# threading.BoundedSemaphore in a contextmanager: one thread has it for 25 s, another waits
import signal, threading, time
import contextlib
signal.alarm(900)

@contextlib.contextmanager
def slot(s):
    s.acquire()
    try: yield
    finally: s.release()

def request(x, seconds):
    with slot(x):
        time.sleep(seconds)
x = threading.BoundedSemaphore(1)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
