# healthy probe: the first job takes 25 s, and its done callback (a partial) sets the second future
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
pool = concurrent.futures.ThreadPoolExecutor(2)
def copy(target, source): target.set_result(source.result())
second = concurrent.futures.Future()
pool.submit(time.sleep, 25).add_done_callback(functools.partial(copy, second))
second.result()
