# APScheduler builds the nightly report, a consumer thread waits for it
import datetime as dt, logging, os, signal, threading, time
from apscheduler.schedulers.background import BackgroundScheduler
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)

class Report:
    def __init__(self, source):
        self.source, self.ready, self.text = source, threading.Event(), None
    def build(self):
        rows = self.source.rows()
        self.text = "\n".join(rows)
        self.ready.set()
    def wait_report(self):
        self.ready.wait()
        return self.text

class Source:
    def rows(self):
        raise PermissionError("reader role is missing")

class Consumer(threading.Thread):
    def __init__(self, report):
        super().__init__(name="consumer", daemon=True)
        self.report = report
    def run(self):
        text = self.report.wait_report()
        print("ENDED", text, flush=True)

class Stats:
    def __init__(self): self.ticks = 0
    def tick(self): self.ticks += 1

sched = BackgroundScheduler()
stats, report = Stats(), Report(Source())
when = dt.datetime.now() + dt.timedelta(seconds=0.5)
sched.add_job(report.build, "date", run_date=when, id="nightly")
sched.add_job(stats.tick, "interval", seconds=1, id="stats")
sched.start()
c = Consumer(report); c.start()
time.sleep(1.8)
print("READY", os.getpid(), flush=True)
while True:
    c.join(60)
    time.sleep(5)
