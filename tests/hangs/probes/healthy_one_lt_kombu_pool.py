# kombu's connection pool: one thread has it for 25 s, another waits
import signal, threading, time
from kombu import Connection
from kombu.pools import connections, set_limit
set_limit(1)
signal.alarm(900)

def request(x, seconds):
    with x.acquire(block=True): time.sleep(seconds)
x = connections[Connection('memory://')]
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
