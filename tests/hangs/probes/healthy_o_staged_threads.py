# healthy: staged threads
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# threads that were made but not yet started, started one after the other
import threading


class Stage:
    def __init__(self, name):
        self.name = name
        self.complete = threading.Event()

    def work(self):
        print("stage", self.name)
        self.complete.set()


class Rollout:
    def __init__(self, stages):
        self.threads = [threading.Thread(target=s.work, name=s.name) for s in stages]

    def go(self):
        for thread in self.threads:
            thread.start()
            thread.join()
            time.sleep(DELAY)


stages = [Stage("canary"), Stage("half")]
rollout = Rollout(stages)
last = stages[-1]
threading.Thread(target=rollout.go, daemon=True).start()
del rollout
print("READY", flush=True)
last.complete.wait()
print("DONE", flush=True)
