# threads: own slot, __exit__ notifies a Condition
import asyncio, collections, contextlib, signal, threading, time
signal.alarm(900)

class Slot:
    def __init__(self):
        self.free, self.cond = 1, threading.Condition()
    def __enter__(self):
        with self.cond:
            while not self.free:
                self.cond.wait()
            self.free -= 1
    def __exit__(self, *exc):
        with self.cond:
            self.free += 1
            self.cond.notify()
def request(lock, seconds):
    with lock: time.sleep(seconds)
lock = Slot()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(lock, 25), name="first").start()
time.sleep(0.2)
request(lock, 0)
