# a lock that was made before monkey patching blocks the whole thread of the hub, while the greenlet that has it sleeps (rebuilds gevent/gevent pull request 798)
import threading
audit_lock = threading.Lock()
from gevent import monkey
monkey.patch_all()
import gevent, signal
signal.alarm(900)

def write(name):
    with audit_lock:
        gevent.sleep(0.5)

print("READY", flush=True)
gevent.joinall([gevent.spawn(write, "a"), gevent.spawn(write, "b")])
