# a scheduler shuts down under its lock and waits for a job that asks the scheduler for its jobs (rebuilds agronholm/apscheduler pull request 268)
import concurrent.futures, signal, threading, time
signal.alarm(900)

class Scheduler:
    def __init__(self):
        self.jobstores_lock = threading.RLock()
        self.jobs = []
        self.pool = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="job")
    def add_job(self, job):
        with self.jobstores_lock:
            self.jobs.append(job)
            self.pool.submit(job)
    def get_jobs(self):
        with self.jobstores_lock:
            return list(self.jobs)
    def shutdown(self):
        with self.jobstores_lock:
            self.pool.shutdown(wait=True)

def report():
    time.sleep(0.5)
    return len(scheduler.get_jobs())

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

scheduler = Scheduler()
scheduler.add_job(report)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
scheduler.shutdown()
while True:
    time.sleep(1)
