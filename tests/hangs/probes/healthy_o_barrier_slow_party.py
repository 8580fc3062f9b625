# healthy: barrier slow party
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a barrier with an action; one party is slow and has the barrier by a wrapper
import threading


class Phase:
    def __init__(self, parties):
        self.barrier = threading.Barrier(parties, action=self.tick)
        self.number = 0

    def tick(self):
        self.number += 1

    def __call__(self):
        return self.barrier.wait()


class Runner(threading.Thread):
    def __init__(self, name, seconds, **hooks):
        super().__init__(name=name, daemon=True)
        self.seconds = seconds
        self.hooks = hooks

    def run(self):
        time.sleep(self.seconds)
        self.hooks["phase_end"]()


phase = Phase(3)
Runner("fast", 0.1, phase_end=phase).start()
Runner("slow", DELAY, phase_end=phase).start()
print("READY", flush=True)
phase()
print("DONE", flush=True)
