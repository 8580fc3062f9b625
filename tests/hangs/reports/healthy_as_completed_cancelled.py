# cpython #87893: futures that shutdown(cancel_futures=True) cancels never come out of as_completed(), which waits for them for ever
import concurrent.futures as cf, signal, threading, time
from svckit import Heartbeat, IdleWorkers, Metrics, note, ready
signal.alarm(900)


class Importer:
    def __init__(self):
        self.pool = cf.ThreadPoolExecutor(2, thread_name_prefix="import")
        self.failed = threading.Event()

    def load(self, n):
        time.sleep(0.2 if n < 5 else 20)
        if n == 1:
            self.failed.set()
        return n

    def watch(self):
        self.failed.wait()
        self.pool.shutdown(wait=True)

    def run(self):
        threading.Thread(target=self.watch, name="watch", daemon=True).start()
        futures = [self.pool.submit(self.load, n) for n in range(8)]
        done = 0
        for future in cf.as_completed(futures):
            done += 1
        note("WAIT ENDED", done)


Heartbeat(Metrics()).start()
IdleWorkers()
ready(2)
Importer().run()
