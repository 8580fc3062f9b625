# a predictor waits until the model process has warmed up
import multiprocessing as mp, os, signal, sys, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
ctx = mp.get_context("fork")

class Model(ctx.Process):
    def __init__(self, ready, device):
        super().__init__(name="model", daemon=True)
        self.ready, self.device = ready, device
    def load(self):
        time.sleep(LAG)
    def run(self):
        signal.alarm(900)
        self.load()
        self.ready.set()
        while True:
            time.sleep(1)

class Predictor:
    def __init__(self, device):
        self.ready = ctx.Event()
        self.model = Model(self.ready, device)
        self.requests = []
    def wait_model(self):
        self.ready.wait()
        return self.model.pid
    def start(self):
        self.model.start()
        threading.Thread(target=self._metrics, name="metrics", daemon=True).start()
        pid = self.wait_model()
        print("ENDED", pid, flush=True)
    def _metrics(self):
        while True:
            time.sleep(1)
            self.backlog = len(self.requests)

p = Predictor("cuda")
t = threading.Timer(1.8, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
p.start()
