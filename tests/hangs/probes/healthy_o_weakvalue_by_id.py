# healthy: weakvalue by id
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# objects are found again by number in a WeakValueDictionary
import itertools
import threading
import weakref


class Order:
    _numbers = itertools.count(1)
    _all = weakref.WeakValueDictionary()

    def __init__(self):
        self.number = next(self._numbers)
        self.shipped = threading.Event()
        self._all[self.number] = self

    @classmethod
    def find(cls, number):
        return cls._all[number]


def warehouse(number):
    time.sleep(DELAY)
    order = Order.find(number)
    order.shipped.set()


order = Order()
threading.Thread(target=warehouse, args=(order.number,), daemon=True).start()
print("READY", flush=True)
order.shipped.wait()
print("DONE", flush=True)
