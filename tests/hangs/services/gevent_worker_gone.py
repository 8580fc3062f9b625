# gevent: a crawler with a joinable queue and a ticker
from gevent import monkey; monkey.patch_all()
import os, signal, sys
import gevent
from gevent.queue import JoinableQueue
from gevent.pool import Group
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Site:
    def __init__(self): self.pages = {f"/p{n}": n for n in range(6)}
    def get(self, url):
        gevent.sleep(0.05)
        return self.pages[url]

class Crawler:
    def __init__(self, site, workers=2):
        self.site, self.queue, self.done = site, JoinableQueue(), []
        self.group = Group()
        for n in range(workers):
            self.group.spawn(self.work, n)
    def work(self, n):
        while True:
            url = self.queue.get()
            self.done.append(self.site.get(url))
            self.queue.task_done()
    def run(self, urls):
        for u in urls:
            self.queue.put(u)
        self.queue.join()

def ticker(c):
    while True:
        gevent.sleep(0.5)
        ticker.n = len(c.done)

def quiet(context, type, value, tb): pass

gevent.get_hub().handle_error = quiet
c = Crawler(Site())
gevent.spawn(ticker, c)
gevent.spawn_later(1.5, lambda: print("READY", os.getpid(), flush=True))
c.run(["/p1", "/p2", "/gone1", "/gone2", "/p3"])
print("ENDED", flush=True)
