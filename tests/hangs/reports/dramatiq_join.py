# a test joins the queue of a broker whose worker has been stopped (rebuilds Bogdanp/django_dramatiq issue 32)
import signal, threading, time
import dramatiq
from dramatiq.brokers.stub import StubBroker
signal.alarm(900)
broker = StubBroker()
dramatiq.set_broker(broker)

@dramatiq.actor
def resize(path):
    time.sleep(0.1)

def tick():
    while True:
        time.sleep(0.1)

def test_resize():
    worker = dramatiq.Worker(broker, worker_timeout=100)
    worker.start()
    worker.stop()
    resize.send("a.png")
    broker.join("default")
    worker.join()

threading.Thread(target=tick, name="ticker", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
test_resize()
