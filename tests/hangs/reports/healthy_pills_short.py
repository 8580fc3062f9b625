# graceful shutdown with poison pills: one for each worker, but a pill gets lost
import queue, threading, time
from svc_noise import SLOW, ready, heartbeat, poller
STOP = object()

class Base(threading.Thread):
    def __init__(self, inbox, n):
        super().__init__(name="worker-%d" % n)
        self.daemon = True
        self.inbox = inbox
    def run(self):
        self.setup()
        try:
            for job in iter(self.inbox.get, STOP):
                self.handle(job)
        finally:
            self.teardown()
    def setup(self): pass
    def teardown(self): pass

class Batcher(Base):
    def setup(self):
        self.rest = []
    def handle(self, job):
        time.sleep(0.01)
        self.rest.append(job)
    def teardown(self):
        while True:
            try:
                self.rest.append(self.inbox.queue[0]); break
            except (queue.Empty, IndexError):
                break

class Pool:
    def __init__(self, n):
        self.inbox = queue.Queue()
        self.workers = [Batcher(self.inbox, i) for i in range(n)]
        for w in self.workers:
            w.start()
    def stop(self):
        threading.Thread(target=self.late, name="feeder").start()
        for w in self.workers[1:]:
            self.inbox.put(STOP)
        for w in self.workers:
            w.join()
    def late(self):
        time.sleep(SLOW)
        self.inbox.put(STOP)

heartbeat()
pool = Pool(3)
poller(pool.inbox.qsize)
for n in range(60):
    pool.inbox.put(n)
ready()
pool.stop()
print("DONE", flush=True)
