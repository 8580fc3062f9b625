# __del__ of a local object sets it (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = threading.Event()
class Token:
    def __init__(self, box): self.box = box
    def __del__(self): self.box.done.set()
def work(box):
    time.sleep(25)
    token = Token(box)
    time.sleep(25)
    del token
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
