# healthy twin of cachebox_recursion: the evaluation takes 30 s
import logging, queue, signal, threading, time
from cachetools import TTLCache, cached
signal.alarm(900)

class Flags:
    def __init__(self):
        self.condition = threading.Condition()
        self.evaluations = 0
    def evaluate(self, key):
        self.evaluations += 1
        time.sleep(30)
        return True

flags = Flags()

@cached(TTLCache(10, 60), condition=flags.condition)
def enabled(key):
    return flags.evaluate(key)

class TracingHandler(logging.Handler):
    def __init__(self):
        super().__init__()
        self.records = []
    def emit(self, record):
        if enabled("log-injection"):
            self.records.append(record)

class Requests(threading.Thread):
    def __init__(self, n):
        super().__init__(name="request-%d" % n, daemon=True)
        self.n = n
    def run(self):
        time.sleep(0.2 * self.n)
        enabled("log-injection")

def metrics():
    while True:
        time.sleep(0.1)

logging.getLogger("flags").addHandler(TracingHandler())
logging.getLogger("flags").propagate = False
for n in range(3):
    Requests(n).start()
threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
