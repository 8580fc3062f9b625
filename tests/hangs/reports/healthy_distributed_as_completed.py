# healthy twin of distributed_as_completed: a cancelled job is reported after 20 s
import queue, signal, threading, time
signal.alarm(900)

class Job:
    def __init__(self, name):
        self.name = name
        self.on_done = None
    def finish(self):
        self.on_done(self)
    def cancel(self):
        threading.Timer(20, self.finish).start()

class AsCompleted:
    def __init__(self, jobs):
        self.pending = set(jobs)
        self.completed = queue.Queue()
        for job in jobs:
            job.on_done = self.completed.put
    def __iter__(self):
        while self.pending:
            job = self.completed.get()
            self.pending.discard(job)
            yield job

def worker():
    while True:
        inbox.get().finish()

inbox = queue.Queue()
threading.Thread(target=worker, name="worker", daemon=True).start()
jobs = [Job("job-%d" % n) for n in range(3)]
results = AsCompleted(jobs)
inbox.put(jobs[0])
inbox.put(jobs[1])
jobs[2].cancel()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
for job in results:
    print(job.name)
while True:
    time.sleep(1)
