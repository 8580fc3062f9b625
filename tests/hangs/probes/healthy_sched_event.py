# healthy probe: sched.scheduler sets the event after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Alarm:
    def __init__(self):
        self.event = threading.Event()
        self.scheduler = sched.scheduler()
        self.scheduler.enter(25, 1, self.event.set)
        threading.Thread(target=self.scheduler.run, name="scheduler", daemon=True).start()
Alarm().event.wait()
