# healthy twin of torch_future_chain: the call takes 25 s
import concurrent.futures, logging, queue, signal, threading, time
signal.alarm(900)
logging.disable(logging.CRITICAL)

class Rpc:
    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="rpc")
    def call(self, f, *args):
        return self.pool.submit(f, *args)

def slow_add(a, b):
    time.sleep(0.3)
    time.sleep(25)
    return a + b

class Gradient:
    def __init__(self, rpc):
        self.rpc = rpc
        self.total = concurrent.futures.Future()
    def on_done(self, future):
        self.total.set_result(2 * future.result())
    def compute(self):
        self.rpc.call(slow_add, 1, 2).add_done_callback(self.on_done)
        return self.total.result()

jobs = queue.Queue()
def idle_worker():
    while True:
        jobs.get()

def ticker():
    while True:
        time.sleep(0.1)

for f in (idle_worker, ticker):
    threading.Thread(target=f, name=f.__name__.split("_")[0], daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
print(Gradient(Rpc()).compute())
