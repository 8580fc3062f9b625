# diskcache.Lock: one thread has it for 25 s, another waits
import signal, threading, time
import diskcache
signal.alarm(900)

def request(x, seconds):
    with x:
        time.sleep(seconds)
x = diskcache.Lock(diskcache.Cache('c'), 'k')
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
