# healthy twin of nipype_event_cleared: the jobs take 25 s
import signal, threading, time
from multiprocessing.pool import ThreadPool
signal.alarm(900)

class MultiProc:
    def __init__(self):
        self.pool = ThreadPool(2)
        self.taskresult, self.event = {}, threading.Event()
    def callback(self, n):
        self.taskresult[n] = True
        self.event.set()
    def run(self, jobs):
        for n in range(jobs):
            self.pool.apply_async(self.work, (n,), callback=self.callback)
        done = 0
        while done < jobs:
            seen = len(self.taskresult)
            time.sleep(0.3)
            self.event.clear()
            done = seen
            if done < jobs:
                self.event.wait()
        return self.taskresult
    def work(self, n):
        time.sleep(25)
        return n

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
MultiProc().run(3)
