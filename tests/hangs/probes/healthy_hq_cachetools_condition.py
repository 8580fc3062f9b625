import os, signal, threading, time
import cachetools
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Prices:
    def __init__(self):
        self.cond = threading.Condition()
        self.of = cachetools.cached({}, condition=self.cond)(self._load)

    def _load(self, symbol):
        time.sleep(LAG)
        return len(symbol)


def show(prices):
    print("ENDED", prices.of("EURUSD"), flush=True)


prices = Prices()
first = threading.Thread(target=prices.of, args=["EURUSD"])
first.start()
time.sleep(0.3)
second = threading.Thread(target=show, args=[prices])
second.start()
time.sleep(0.3)
print("READY", os.getpid(), flush=True)
second.join()
