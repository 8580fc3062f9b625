# healthy probe: a bound method as done callback of a job of 25 s sets an event
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Waiter:
    def __init__(self): self.event = threading.Event()
    def on_done(self, source): self.event.set()
pool = concurrent.futures.ThreadPoolExecutor(2)
waiter = Waiter()
pool.submit(time.sleep, 25).add_done_callback(waiter.on_done)
waiter.event.wait()
