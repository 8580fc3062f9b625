# portalocker.Lock, blocking: one thread has it for 25 s, another waits
import signal, threading, time
import portalocker
signal.alarm(900)

def request(x, seconds):
    with portalocker.Lock('p.lock', timeout=None, flags=portalocker.LOCK_EX):
        time.sleep(seconds)
x = None
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
