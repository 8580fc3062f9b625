# huey #450, #688: a blocking get() on the result of a task that returns None; huey does not store None
import signal, threading, time
from huey import MemoryHuey
from svckit import Heartbeat, Metrics, note, ready
signal.alarm(900)
huey = MemoryHuey("reports")
metrics = Metrics()


@huey.task()
def rebuild_index(tenant):
    time.sleep(0.2)
    metrics.add(f"rebuilt.{tenant}")


class Nightly:
    def __init__(self, tenants):
        self.tenants = tenants

    def run(self):
        for tenant in self.tenants:
            result = rebuild_index(tenant)
            result.get(blocking=True)
            note("WAIT ENDED", tenant)


consumer = huey.create_consumer(workers=2, worker_type="thread", periodic=False)
consumer.start()
Heartbeat(metrics).start()
ready(1.5)
Nightly(["acme"]).run()
consumer.stop()
