import concurrent.futures, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Office:
    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.stamp = threading.Event()
        self.first = self.pool.submit(self.stamp.wait)
        self.second = self.pool.submit(print, "never")

    def close(self):
        self.pool.shutdown(wait=False, cancel_futures=True)


def night(office):
    time.sleep(LAG)
    office.close()
    time.sleep(0.2)
    office.stamp.set()


office = Office()
threading.Thread(target=night, args=[office]).start()
threading.Timer(0.5, print, ("READY", os.getpid()), {"flush": True}).start()
try:
    office.second.result()
except concurrent.futures.CancelledError:
    print("ENDED", flush=True)
