# images are scaled on a process pool; results come by callbacks
import functools, multiprocessing as mp, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

def scale(name):
    if name.endswith("big"):
        raise MemoryError(name)
    time.sleep(0.1)
    return name, 1

class Batch:
    def __init__(self, names):
        self.names, self.results = names, {}
        self.finished = threading.Semaphore(0)
    def store(self, pair):
        self.results.update([pair])
        self.finished.release()
    def submit(self, pool):
        for n in self.names:
            pool.apply_async(scale, (n,), callback=self.store)
    def wait(self):
        for _ in self.names:
            self.finished.acquire()
        return self.results

def gauge(batch):
    while True:
        time.sleep(0.7)
        gauge.n = len(batch.results)

if __name__ == "__main__":
    with mp.get_context("fork").Pool(2, initializer=signal.alarm, initargs=(900,)) as pool:
        batch = Batch([f"img{n}" for n in range(5)] + ["img.big"])
        batch.submit(pool)
        threading.Thread(target=gauge, args=(batch,), name="gauge", daemon=True).start()
        t = threading.Timer(1.6, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
        batch.wait()
        print("ENDED", flush=True)
