# a decorated method sets it (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
def logged(f):
    @functools.wraps(f)
    def wrapper(*a, **k):
        return f(*a, **k)
    return wrapper
class Box:
    def __init__(self):
        self.done = threading.Event()
    @logged
    def finish(self): self.done.set()
def work(box):
    time.sleep(25)
    box.finish()
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
