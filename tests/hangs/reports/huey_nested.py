# huey #618: tasks that wait for tasks of the same consumer; all its workers wait, and the children are queued behind them
import signal, time
from huey import MemoryHuey
from svckit import Heartbeat, Metrics, admin_port, note, ready
signal.alarm(900)
huey = MemoryHuey("beans")
metrics = Metrics()


@huey.task()
def check_bean_count(num):
    metrics.add("checked")
    return num > 0


@huey.task()
def count_beans(num):
    time.sleep(0.3)
    result = check_bean_count(num)
    result.get(blocking=True, preserve=True)
    note("WAIT ENDED", num)
    return num


consumer = huey.create_consumer(workers=2, worker_type="thread", periodic=False)
consumer.start()
admin_port()
Heartbeat(metrics).start()
jobs = [count_beans(n) for n in (1, 2)]
ready(1.5)
for job in jobs:
    job.get(blocking=True)
