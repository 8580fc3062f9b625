# greenlets: an order waits for the AsyncResult that the matcher sets
import gevent, gevent.event, gevent.queue
from svc_noise import SLOW, ready
gevent.get_hub().exception_stream = None

class Order:
    def __init__(self, side):
        self.side, self.filled = side, gevent.event.AsyncResult()

class Matcher:
    prices = {"buy": 10}
    def __init__(self):
        self.book = gevent.queue.Queue()
        self.greenlet = gevent.spawn(self.run)
    def run(self):
        for order in self.book:
            gevent.sleep(0.1)
            gevent.sleep(SLOW)
            order.filled.set(self.prices.get(order.side, 9))
    def place(self, side):
        order = Order(side)
        self.book.put(order)
        return order.filled.get()

def beat():
    while True:
        gevent.sleep(0.5)

heart = gevent.spawn(beat)
ready()
print(Matcher().place("sell"))
print("DONE", flush=True)
