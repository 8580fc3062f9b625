import os, signal
import gevent
import gevent.event
import gevent.pool
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Hub:
    def __init__(self):
        self.clients = gevent.pool.Pool(4)

    def client(self, name):
        inbox = gevent.event.AsyncResult()
        try:
            inbox.get()
        finally:
            print("left", name)

    def expire(self):
        gevent.sleep(LAG)
        self.clients.kill(block=False)


hub = Hub()
for name in ("a", "b"):
    hub.clients.spawn(hub.client, name)
janitor = gevent.spawn(hub.expire)
gevent.sleep(0.5)
print("READY", os.getpid(), flush=True)
hub.clients.join()
print("ENDED", flush=True)
janitor.join()
