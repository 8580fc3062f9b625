# healthy twin of pool_error_terminate: the jobs take 25 s
import multiprocessing, signal, threading, time
signal.alarm(900)

def fail(n):
    time.sleep(25)

class Batch:
    def __init__(self):
        self.pool = multiprocessing.get_context("fork").Pool(2)
    def on_error(self, error):
        self.pool.terminate()
    def run(self):
        results = [self.pool.apply_async(fail, (n,), error_callback=self.on_error) for n in range(8)]
        return [r.get() for r in results[-1:]]

if __name__ == "__main__":
    batch = Batch()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    try:
        batch.run()
    except ValueError as e:
        print("failed", e, flush=True)
