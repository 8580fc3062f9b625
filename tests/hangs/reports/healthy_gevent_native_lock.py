# healthy twin of gevent_native_lock: the lock is made after patching, and the greenlet has it for 25 s
import threading
from gevent import monkey
monkey.patch_all()
import gevent, signal
audit_lock = threading.Lock()
signal.alarm(900)

def write(name):
    with audit_lock:
        gevent.sleep(25)

print("READY", flush=True)
gevent.joinall([gevent.spawn(write, "a"), gevent.spawn(write, "b")])
