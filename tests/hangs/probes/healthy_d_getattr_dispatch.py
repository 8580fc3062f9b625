# getattr(self, 'on_' + name)() sets it (thread)
import contextlib, functools, itertools, operator, queue, signal, threading, time, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = threading.Event()
    def on_end(self): self.done.set()
    def dispatch(self, name): getattr(self, 'on_' + name)()
def work(box):
    time.sleep(25)
    box.dispatch('end')
box = Box()
threading.Thread(target=work, args=(box,), name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
box.done.wait()
