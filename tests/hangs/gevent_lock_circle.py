"""gevent: two greenlets take two reentrant locks in opposite order; a third one lives on."""
import signal
import gevent
from gevent.lock import RLock
signal.alarm(900)
accounts, audit = RLock(), RLock()


def transfer(first, second):
    with first:
        gevent.sleep(0.1)
        with second:
            pass


def heartbeat():
    gevent.sleep(0.5)
    print("READY", flush=True)
    while True:
        gevent.sleep(0.05)


pay = gevent.spawn(transfer, accounts, audit)
pay.name = "pay"
check = gevent.spawn(transfer, audit, accounts)
check.name = "check"
beat = gevent.spawn(heartbeat)
beat.name = "beat"
gevent.joinall([pay, check])
