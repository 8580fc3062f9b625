# healthy twin of apscheduler_exit: the job takes 40 s
import signal, threading, time
from apscheduler.schedulers.background import BackgroundScheduler
signal.alarm(900)

def tick():
    time.sleep(40)

scheduler = BackgroundScheduler()
scheduler.add_job(tick)
scheduler.start()
time.sleep(0.5)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
scheduler.shutdown(wait=False)
