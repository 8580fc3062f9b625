# log records through a bounded queue that a QueueListener empties
import logging, logging.handlers, queue, sys, threading, time
from svc_noise import SLOW, ready, heartbeat, idle_worker, poller
log = logging.getLogger("app")

class BlockingQueueHandler(logging.handlers.QueueHandler):
    def enqueue(self, record):
        self.queue.put(record)

class Ship(logging.Handler):
    count = 0
    def emit(self, record):
        self.count += 1
        if self.count == 3:
            sys.exit("disk full")

def setup():
    records = queue.Queue(5)
    listener = logging.handlers.QueueListener(records, Ship())
    listener.start()
    log.addHandler(BlockingQueueHandler(records))
    log.setLevel(logging.INFO)
    log.propagate = False
    return listener

def serve(n):
    for i in range(20):
        log.info("request %d", i)
        time.sleep(0.01)

threading.excepthook = lambda args: None
heartbeat()
idle_worker()
listener = setup()
poller(listener.queue.qsize)
threads = [threading.Thread(target=serve, args=(n,), name="request-%d" % n) for n in range(3)]
for t in threads:
    t.start()
ready()
for t in threads:
    t.join()
print("DONE", flush=True)
