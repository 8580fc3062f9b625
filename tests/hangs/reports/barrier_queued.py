# the third party of a barrier is a job that is still in the queue of the pool
import threading, time
from concurrent.futures import ThreadPoolExecutor, wait
from svc_noise import SLOW, ready, heartbeat, poller

class Phase:
    def __init__(self, parties):
        self.barrier = threading.Barrier(parties, action=self._next)
        self.number = 0
    def _next(self):
        self.number += 1
    def step(self, name):
        time.sleep(0.05)
        self.barrier.wait()
        return name, self.number

class Runner:
    def __init__(self, width):
        self.pool = ThreadPoolExecutor(width, thread_name_prefix="stage")
    def run(self, phase, names):
        futures = [self.pool.submit(phase.step, n) for n in names]
        done, _ = wait(futures)
        return sorted(f.result() for f in done)

heartbeat()
runner = Runner(2)
poller(runner.pool._work_queue.qsize)
ready()
print(runner.run(Phase(3), ["a", "b", "c"]))
print("DONE", flush=True)
