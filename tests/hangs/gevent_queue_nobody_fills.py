"""gevent: the only producer dies of an exception, and the consumer waits for the next item for ever."""
import signal, sys
import gevent
from gevent.queue import Queue
signal.alarm(900)
sys.stderr = open("/dev/null", "w")
orders = Queue()


def produce():
    for number in (1, 2, "three"):
        orders.put(number + 0)  # bug: fails at "three", and the end is never put


def consume():
    while (order := orders.get()) is not None:
        gevent.sleep(order / 1000)


def heartbeat():
    gevent.sleep(0.5)
    print("READY", flush=True)
    while True:
        gevent.sleep(0.05)


gevent.spawn(produce)
beat = gevent.spawn(heartbeat)
beat.name = "heartbeat"
consumer = gevent.spawn(consume)
consumer.name = "consumer"
consumer.join()
