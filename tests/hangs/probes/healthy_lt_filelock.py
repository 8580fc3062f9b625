# filelock.FileLock: one thread has it for 25 s, another waits
import signal, threading, time
import filelock
signal.alarm(900)

def request(x, seconds):
    with filelock.FileLock('x.lock'):
        time.sleep(seconds)
x = filelock.FileLock('x.lock', thread_local=False)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=request, args=(x, 25), name="first").start()
time.sleep(0.4)
request(x, 0)
