# a class attribute is the function (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = threading.Event()
    hooks = []
def hook(b): b.done.set()
Box.hooks.append(hook)
def work(box):
    time.sleep(25)
    for h in Box.hooks: h(box)
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
