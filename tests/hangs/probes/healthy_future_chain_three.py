# healthy probe: three futures chained by done callbacks; the job of the first one takes 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Step:
    def __init__(self, source):
        self.future = concurrent.futures.Future()
        source.add_done_callback(self.on_done)
    def on_done(self, source):
        self.future.set_result(source.result())
pool = concurrent.futures.ThreadPoolExecutor(2)
def work():
    time.sleep(25)
    return 1
Step(Step(pool.submit(work)).future).future.result()
