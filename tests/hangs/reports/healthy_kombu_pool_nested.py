# healthy twin of kombu_pool_nested: the connection is given back first, after 25 s
import signal, threading, time
from kombu import Connection
from kombu.pools import connections
import kombu.pools
signal.alarm(900)
kombu.pools.set_limit(1)
pool = connections[Connection("memory://")]

def audit(event):
    with pool.acquire(block=True) as connection:
        connection.SimpleQueue("audit").put(event)

def publish(order):
    with pool.acquire(block=True) as connection:
        connection.SimpleQueue("orders").put(order)
        time.sleep(25)
    audit({"order": order})

def tick():
    while True:
        time.sleep(0.1)

threading.Thread(target=tick, name="ticker", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
publish({"id": 1})
