# healthy: exception carries
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the exception knows whom to tell
import threading


class Abort(Exception):
    def __init__(self, job):
        super().__init__(job.name)
        self.job = job


class Job:
    def __init__(self, name):
        self.name = name
        self.aborted = threading.Event()

    def run(self):
        time.sleep(DELAY)
        raise Abort(self)


class Runner(threading.Thread):
    def __init__(self, jobs):
        super().__init__(daemon=True)
        self.jobs = jobs

    def run(self):
        while self.jobs:
            try:
                self.jobs.pop().run()
            except Abort as e:
                e.job.aborted.set()


job = Job("import")
Runner([job]).start()
print("READY", flush=True)
job.aborted.wait()
print("DONE", flush=True)
