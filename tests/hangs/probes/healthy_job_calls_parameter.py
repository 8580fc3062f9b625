# healthy probe: a job of 25 s calls the callable it was given, event.set
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
def work(done):
    time.sleep(25)
    done()
event = threading.Event()
concurrent.futures.ThreadPoolExecutor(2).submit(work, event.set)
event.wait()
