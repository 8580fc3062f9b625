# a process cannot end because nobody reads what its multiprocessing.Queue still has to write (rebuilds python/cpython issue 85927)
import multiprocessing, signal, threading, time
signal.alarm(900)

def reader(batches):
    while True:
        batches.get()
        time.sleep(3)

batches = multiprocessing.Queue()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
for n in range(10):
    batches.put("x" * 10**6)
