# healthy: sched module
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a cron thread made of sched.scheduler
import sched
import threading


class Cron(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.scheduler = sched.scheduler(time.monotonic, time.sleep)

    def at(self, seconds, action, *args):
        self.scheduler.enter(seconds, 1, action, argument=args)

    def run(self):
        self.scheduler.run()


class Maintenance:
    def __init__(self, cron):
        self.over = threading.Event()
        cron.at(DELAY, self.end, "nightly")

    def end(self, name):
        print(name, "over")
        self.over.set()


cron = Cron()
maintenance = Maintenance(cron)
cron.start()
print("READY", flush=True)
maintenance.over.wait()
print("DONE", flush=True)
