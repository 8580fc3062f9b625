import multiprocessing, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Metrics:
    def __init__(self):
        self.forked = threading.Event()
        os.register_at_fork(after_in_parent=self._count)

    def _count(self):
        self.forked.set()

    def report(self):
        self.forked.wait()
        print("ENDED", flush=True)


def spawner():
    time.sleep(LAG)
    child = multiprocessing.get_context("fork").Process(target=int)
    child.start()
    child.join()


metrics = Metrics()
threads = [threading.Thread(target=spawner), threading.Thread(target=metrics.report)]
for t in threads:
    t.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for t in threads:
    t.join()
