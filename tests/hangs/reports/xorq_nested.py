# jobs of a thread pool submit jobs to the same pool and wait for them (rebuilds xorq-labs/xorq issue 2243)
import concurrent.futures, signal, threading, time
signal.alarm(900)
pool = concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix="flight")

def read(depth):
    time.sleep(0.1)
    return exchange(depth - 1) if depth else 0

def exchange(depth):
    return pool.submit(read, depth).result()

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
exchange(5)
while True:
    time.sleep(1)
