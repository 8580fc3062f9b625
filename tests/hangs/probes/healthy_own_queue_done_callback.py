# healthy probe: a done callback of a job (own function, 25 s) puts into the queue
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Results:
    def __init__(self): self.queue = queue.Queue()
    def on_done(self, source): self.queue.put(source.result())
def work(): time.sleep(25)
def start():
    results = Results()
    concurrent.futures.ThreadPoolExecutor(2).submit(work).add_done_callback(results.on_done)
    return results
start().queue.get()
