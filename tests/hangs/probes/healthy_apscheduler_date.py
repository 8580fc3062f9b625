# healthy probe: APScheduler has a job that sets the event in 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
import datetime
from apscheduler.schedulers.background import BackgroundScheduler
class Alarm:
    def __init__(self):
        self.event = threading.Event()
        self.scheduler = BackgroundScheduler(timezone="UTC")
        self.scheduler.add_job(self.event.set, "date", run_date=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=25))
        self.scheduler.start()
Alarm().event.wait()
