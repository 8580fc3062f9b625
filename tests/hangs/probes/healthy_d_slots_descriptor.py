# a descriptor's __set__ sets it (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
class Field:
    def __set__(self, obj, v): obj.done.set()
class Box:
    def __init__(self):
        self.done = threading.Event()
    state = Field()
def work(box):
    time.sleep(25)
    box.state = 2
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
