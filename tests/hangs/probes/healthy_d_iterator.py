# the __next__ of a for loop sets it at its end (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = threading.Event()
class It:
    def __init__(self, box): self.box = box; self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 1:
            self.box.done.set()
            raise StopIteration
        return self.n
def work(box):
    time.sleep(25)
    for x in It(box):
        time.sleep(25)
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
