# healthy probe: an ExitStack of the service has the lock, and a timer closes it after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Service:
    def __init__(self):
        self.lock = threading.Lock()
        self.stack = contextlib.ExitStack()
    def start(self):
        self.stack.enter_context(self.lock)
        timer = threading.Timer(25, self.stack.close); timer.daemon = True; timer.start()
service = Service()
t = threading.Thread(target=service.start); t.start(); t.join()
with service.lock: pass
