# a job raised in a thread pool, its callback was not called, and join() waits for the item it had (rebuilds dbt-labs/dbt-core issue 5602)
import queue, signal, threading, time
from multiprocessing.pool import ThreadPool
signal.alarm(900)

class GraphQueue:
    def __init__(self, nodes):
        self.inner = queue.PriorityQueue()
        self.lock = threading.RLock()
        self.in_progress = set()
        for n, node in enumerate(nodes):
            self.inner.put((n, node))
    def get(self):
        _, node = self.inner.get()
        with self.lock:
            self.in_progress.add(node)
        return node
    def mark_done(self, node):
        with self.lock:
            self.in_progress.discard(node)
            self.inner.task_done()
    def join(self):
        self.inner.join()

class Runner:
    def __init__(self, nodes):
        self.nodes = len(nodes)
        self.jobs = GraphQueue(nodes)
        self.results = []
    def compile(self, node):
        time.sleep(0.05)
        if node == "source.fresh":
            raise TypeError("model_dump")
        return node
    def on_done(self, node):
        self.results.append(node)
        self.jobs.mark_done(node)
    def run(self):
        with ThreadPool(3) as pool:
            for n in range(self.nodes):
                node = self.jobs.get()
                pool.apply_async(self.compile, (node,), callback=self.on_done)
            self.jobs.join()

def metrics():
    while True:
        time.sleep(0.2)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
Runner(["model.a", "source.fresh", "model.b", "model.c"]).run()
