# healthy: dp1 depth4 own base
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Base:
    def a(self):
        return self.b()

    def b(self):
        return self.c()

    def c(self):
        return self.d()

    def d(self):
        return self.hook()


class Job(Base):
    def __init__(self):
        self.event = threading.Event()

    def hook(self):
        self.event.set()


def work(job):
    time.sleep(DELAY)
    job.a()


job = Job()
threading.Thread(target=work, args=(job,), daemon=True).start()
print("READY", flush=True)
job.event.wait()
print("DONE", flush=True)
