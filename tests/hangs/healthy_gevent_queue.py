"""gevent: a producer puts an item from time to time; consumers wait in the queue between them, and share a lock."""
import signal
import gevent
from gevent.lock import BoundedSemaphore
from gevent.queue import Queue
signal.alarm(900)
orders, ledger = Queue(), BoundedSemaphore(1)


def produce():
    number = 0
    while True:
        gevent.sleep(0.4)
        number += 1
        orders.put(number)


def consume():
    for order in orders:
        with ledger:
            gevent.sleep(0.3)


def ready():
    print("READY", flush=True)


producer = gevent.spawn(produce)
producer.name = "producer"
consumers = [gevent.spawn(consume) for _ in range(2)]
for number, consumer in enumerate(consumers):
    consumer.name = f"consumer-{number}"
gevent.spawn_later(0.6, ready)
gevent.joinall([producer, *consumers])
