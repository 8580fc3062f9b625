# gevent #368: greenlets of a gevent Pool that spawn into the same Pool: both its places are taken by those who wait for a third
import gevent.monkey
gevent.monkey.patch_all()
import signal
import gevent, gevent.pool
from svckit import note, ready
signal.alarm(900)


class Crawler:
    def __init__(self, size):
        self.pool, self.seen = gevent.pool.Pool(size), []

    def fetch(self, page):
        gevent.sleep(20)
        self.seen.append(page)

    def section(self, name):
        gevent.sleep(0.2)
        pages = [self.pool.spawn(self.fetch, f"{name}/{n}") for n in range(2)]
        gevent.joinall(pages)

    def run(self, names):
        sections = [self.pool.spawn(self.section, n) for n in names]
        gevent.joinall(sections)
        note("WAIT ENDED")


def heartbeat():
    while True:
        gevent.sleep(1)


gevent.spawn(heartbeat)
ready(1.5)
Crawler(6).run(["news", "shop"])
