# healthy probe: a callback of a process pool's job (25 s) sets the event
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
def work(): time.sleep(25)
class Waiter:
    def __init__(self): self.event = threading.Event()
    def on_result(self, result): self.event.set()
waiter = Waiter()
pool = multiprocessing.get_context("fork").Pool(1)
pool.apply_async(work, callback=waiter.on_result)
waiter.event.wait()
