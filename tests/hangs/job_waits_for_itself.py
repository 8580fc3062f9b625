"""A job waits for a list of jobs to which it has been added itself."""
import signal
import threading
from concurrent.futures import ThreadPoolExecutor


class Flow:
    def __init__(self):
        self.pool = ThreadPoolExecutor(4, thread_name_prefix="step")
        self.go = threading.Event()

    def run_after(self, upstream, name):
        self.go.wait()
        results = [future.result() for future in upstream]
        return name, results

    def submit_all(self, names):
        upstream = []
        for name in names:
            upstream.append(self.pool.submit(self.run_after, upstream, name))
        self.go.set()
        return [future.result() for future in upstream]


def main():
    signal.alarm(900)
    ready = threading.Timer(0.5, print, ["READY"], {"flush": True})
    ready.daemon = True
    ready.start()
    Flow().submit_all(["load", "clean", "report"])


main()
