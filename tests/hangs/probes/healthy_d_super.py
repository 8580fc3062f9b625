# super().finish() sets it (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
class Base:
    def __init__(self):
        self.done = threading.Event()
    def finish(self): self.done.set()
class Box(Base):
    def finish(self): super().finish()
def work(box):
    time.sleep(25)
    box.finish()
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
