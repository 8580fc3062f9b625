# healthy twin of diskcache_transact: the queue is filled after 25 s
import queue, signal, tempfile, threading, time
import diskcache
signal.alarm(900)
cache = diskcache.Cache(tempfile.mkdtemp(), timeout=1800)
prices = queue.Queue()
feed = threading.Timer(25, prices.put, (42,)); feed.daemon = True; feed.start()

def refresh():
    with cache.transact():
        cache["price"] = prices.get()

def visit():
    cache.set("visits", 1)

threading.Thread(target=refresh, name="refresh", daemon=True).start()
time.sleep(0.3)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
visit()
