# healthy probe: like torch_future_chain, but the job is time.sleep itself
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Gradient:
    def __init__(self): self.total = concurrent.futures.Future()
    def on_done(self, future): self.total.set_result(1)
    def compute(self):
        concurrent.futures.ThreadPoolExecutor(2).submit(time.sleep, 25).add_done_callback(self.on_done)
        return self.total.result()
Gradient().compute()
