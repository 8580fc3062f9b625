# healthy twin of barrier_dead_worker: worker-2 is 30 s in a request and comes to the barrier then
import queue, signal, threading, time
signal.alarm(900)

class Stage:
    def __init__(self, workers):
        self.requests = queue.Queue()
        self.barrier = threading.Barrier(workers + 1)
        self.running = threading.Event()
        self.done = 0
    def rendezvous(self):
        self.running.clear()
        self.barrier.wait()

class Worker(threading.Thread):
    def __init__(self, stage, n):
        super().__init__(name="worker-%d" % n, daemon=True)
        self.stage, self.n = stage, n
    def schedule(self, request):
        if self.n == 2:
            time.sleep(30)
        self.stage.done += 1
    def run(self):
        while self.stage.running.is_set():
            try:
                request = self.stage.requests.get(timeout=0.1)
            except queue.Empty:
                continue
            self.schedule(request)
            time.sleep(0.05)
        self.stage.barrier.wait()

def metrics(stage):
    while True:
        time.sleep(0.1)
        stage.requests.qsize()

threading.excepthook = lambda args: None
stage = Stage(3)
stage.running.set()
for n in range(30):
    stage.requests.put(n)
workers = [Worker(stage, n) for n in range(3)]
for w in workers:
    w.start()
threading.Thread(target=metrics, args=(stage,), name="metrics", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.5)
stage.rendezvous()
while True:
    time.sleep(1)
