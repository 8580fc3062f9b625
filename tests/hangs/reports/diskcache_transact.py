# a thread keeps a transaction of a cache open while it waits for a queue that nobody fills, and another one writes (rebuilds grantjenks/python-diskcache issue 300)
import queue, signal, tempfile, threading, time
import diskcache
signal.alarm(900)
cache = diskcache.Cache(tempfile.mkdtemp(), timeout=1800)
prices = queue.Queue()

def refresh():
    with cache.transact():
        cache["price"] = prices.get()

def visit():
    cache.set("visits", 1)

threading.Thread(target=refresh, name="refresh", daemon=True).start()
time.sleep(0.3)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
visit()
