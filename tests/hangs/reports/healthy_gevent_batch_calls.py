# Feature service on gevent: single lookups are collected and answered in batches, twice a second.
import logging
import signal

import gevent
from gevent import event, lock

signal.alarm(900)
PARENTS = {"leaf-1": "twig-1", "leaf-2": "twig-1", "twig-1": "root"}


class Batcher:
    """turns a function of many keys into one of a single key"""

    def __init__(self, function):
        self.function = function
        self.pending = {}
        self.pending_lock = lock.BoundedSemaphore(1)
        gevent.spawn(self.interval)

    def interval(self):
        while True:
            gevent.sleep(0.5)
            if self.pending and not self.pending_lock.locked():
                gevent.spawn(self.make_call)

    def make_call(self):
        with self.pending_lock:
            batch, self.pending = self.pending, {}
        for result, answer in zip(batch.values(), self.function(tuple(batch))):
            result.set(answer)

    def __call__(self, key):
        with self.pending_lock:
            result = self.pending.setdefault(key, event.AsyncResult())
        return result.get()


def load_depths(keys):
    gevent.sleep(0.05)
    return [1 + (depth_of(PARENTS[key]) if key in PARENTS else 0) for key in keys]


depth_of = Batcher(load_depths)


def request(key):
    while True:
        logging.info("%s is %d deep", key, depth_of(key))
        gevent.sleep(1)


def metrics():
    while True:
        gevent.sleep(2)
        print("pending", len(depth_of.pending), flush=True)


def main():
    for key in ("leaf-1", "leaf-2"):
        gevent.spawn(request, key)
    gevent.spawn(metrics)
    gevent.spawn_later(2, print, "READY", flush=True)
    gevent.wait()


main()
