# a scheduler is shut down without waiting, but the interpreter's end joins the thread of its running job (rebuilds agronholm/apscheduler issue 567)
import signal, threading, time
from apscheduler.schedulers.background import BackgroundScheduler
signal.alarm(900)

def tick():
    time.sleep(3000)

scheduler = BackgroundScheduler()
scheduler.add_job(tick)
scheduler.start()
time.sleep(0.5)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
scheduler.shutdown(wait=False)
