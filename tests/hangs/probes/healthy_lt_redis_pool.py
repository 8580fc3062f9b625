# redis BlockingConnectionPool of one, a pipeline held by with: one thread has it for 25 s, another waits
import signal, threading, time
import redis
signal.alarm(900)

def request(x, seconds):
    with x.client() as c:
        c.ping()
        time.sleep(seconds)
x = redis.Redis(connection_pool=redis.BlockingConnectionPool(port=16399, max_connections=1, timeout=None))
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
