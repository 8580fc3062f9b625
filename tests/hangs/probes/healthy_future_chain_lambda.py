# healthy probe: a lambda as done callback of a job of 25 s sets a second future
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
pool = concurrent.futures.ThreadPoolExecutor(2)
def start():
    second = concurrent.futures.Future()
    pool.submit(time.sleep, 25).add_done_callback(lambda f: second.set_result(f.result()))
    return second
start().result()
