# healthy probe: the stack of a service holds the lock; a thread of the service sleeps 25 s and closes it
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Service:
    def __init__(self):
        self.lock = threading.Lock()
        self.stack = contextlib.ExitStack()
    def run(self):
        self.start()
        time.sleep(25)
        self.stop()
    def start(self): self.stack.enter_context(self.lock)
    def stop(self): self.stack.close()
service = Service()
threading.Thread(target=service.run, name="service").start()
time.sleep(0.3)
with service.lock: pass
