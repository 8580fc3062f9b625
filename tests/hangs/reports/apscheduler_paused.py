# a job of APScheduler sets the event that the main thread waits for
import datetime, threading
from apscheduler.schedulers.background import BackgroundScheduler
from svc_noise import SLOW, ready, heartbeat, small_server

class Report:
    def __init__(self):
        self.ready = threading.Event()
    def build(self, name):
        self.name = name
        self.ready.set()

def beat():
    pass

class Planner:
    def __init__(self):
        self.scheduler = BackgroundScheduler()
        self.scheduler.add_job(beat, "interval", seconds=1, id="beat")
        self.scheduler.start()
    def plan(self, report, when):
        return self.scheduler.add_job(report.build, "date", run_date=when, args=["weekly"], id="report")
    def move(self, report, when):
        self.scheduler.remove_job("report")
        self.plan(report, datetime.datetime.fromisoformat(when))

heartbeat()
small_server()
planner, report = Planner(), Report()
later = datetime.datetime.now() + datetime.timedelta(seconds=SLOW)
planner.plan(report, later)
try:
    planner.move(report, "tomorrow")
except ValueError:
    pass
ready()
report.ready.wait()
print("DONE", flush=True)
