# the thread that would retry a job has ended, and its future is waited for (rebuilds rohanpm/more-executors issue 114)
import concurrent.futures, queue, signal, threading, time
signal.alarm(900)

class RetryExecutor:
    def __init__(self, delegate):
        self.delegate = delegate
        self.jobs = []
        self.wake = threading.Event()
        self.closed = False
        self.thread = threading.Thread(target=self.submit_loop, name="retry", daemon=True)
        self.thread.start()
    def submit(self, f):
        future = concurrent.futures.Future()
        self.jobs.append((time.monotonic(), f, future))
        self.wake.set()
        return future
    def submit_loop(self):
        while not self.closed:
            self.wake.wait(0.2)
            self.wake.clear()
            now = time.monotonic()
            for job in [j for j in self.jobs if j[0] <= now]:
                self.jobs.remove(job)
                self.delegate.submit(self.attempt, job)
    def attempt(self, job):
        when, f, future = job
        try:
            future.set_result(f())
        except OSError:
            self.jobs.append((time.monotonic() + 1, f, future))
    def shutdown(self):
        self.closed = True

class Client:
    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="pool")
        self.calls = 0
    def request(self):
        self.calls += 1
        if self.calls == 1:
            raise OSError("connection reset")
        return "fine"
    def fetch(self):
        executor = RetryExecutor(self.pool)
        future = executor.submit(self.request)
        time.sleep(0.5)
        executor.shutdown()
        return future.result()

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
print(Client().fetch())
while True:
    time.sleep(1)
