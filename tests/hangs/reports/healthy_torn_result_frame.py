# Audio analysis: workers put blocks of scores into one queue; the consumer starts when its database is open.
import multiprocessing as mp
import os
import queue
import signal
import threading
import time


def worker(number, results):
    signal.alarm(900)
    while True:
        scores = bytes([number]) * 3_000_000
        results.put((number, scores))
        time.sleep(2)


class Consumer:
    def __init__(self, results):
        self.results = results
        self.rows = 0

    def open_database(self):
        time.sleep(1.5)

    def step(self):
        try:
            number, scores = self.results.get(timeout=1.0)
        except queue.Empty:
            return
        self.rows += len(scores)

    def run(self):
        self.open_database()
        while True:
            self.step()


def memory_guard(worker):
    time.sleep(1)
    os.getpgid(worker.pid)


def main():
    signal.alarm(900)
    ctx = mp.get_context("fork")
    results = ctx.Queue()
    workers = [ctx.Process(target=worker, args=(n, results), name=f"analyse-{n}", daemon=True) for n in range(3)]
    for process in workers:
        process.start()
        time.sleep(0.1)
    threading.Thread(target=memory_guard, args=(workers[0],), name="memory-guard", daemon=True).start()
    ready = threading.Timer(2.5, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    Consumer(results).run()


if __name__ == "__main__":
    main()
