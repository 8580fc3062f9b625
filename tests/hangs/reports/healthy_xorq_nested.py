# healthy twin of xorq_nested: the pool has enough threads, and each job takes 5 s
import concurrent.futures, signal, threading, time
signal.alarm(900)
pool = concurrent.futures.ThreadPoolExecutor(8, thread_name_prefix="flight")

def read(depth):
    time.sleep(5)
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
