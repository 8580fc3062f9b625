# healthy probe: a bound method as done callback of a job of 25 s sets a second future
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Total:
    def __init__(self): self.future = concurrent.futures.Future()
    def on_done(self, source): self.future.set_result(source.result())
pool = concurrent.futures.ThreadPoolExecutor(2)
def start():
    total = Total()
    pool.submit(time.sleep, 25).add_done_callback(total.on_done)
    return total.future
start().result()
