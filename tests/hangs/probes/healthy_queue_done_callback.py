# healthy probe: a done callback of a job of 25 s puts into the queue
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Results:
    def __init__(self): self.queue = queue.Queue()
    def on_done(self, source): self.queue.put(source.result())
pool = concurrent.futures.ThreadPoolExecutor(2)
results = Results()
pool.submit(time.sleep, 25).add_done_callback(results.on_done)
results.queue.get()
