# healthy probe: jobs of 25 s give back the permits of a semaphore themselves, in finally
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
slots = threading.Semaphore(2)
def job():
    try: time.sleep(25)
    finally: slots.release()
pool = concurrent.futures.ThreadPoolExecutor(4)
for n in range(4):
    slots.acquire()
    pool.submit(job)
