# contextlib.closing() calls close(), which sets it (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = threading.Event()
    def close(self): self.done.set()
def work(box):
    time.sleep(25)
    with contextlib.closing(box):
        time.sleep(25)
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
