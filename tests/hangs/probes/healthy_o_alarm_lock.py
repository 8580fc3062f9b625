import signal, threading
class Late(Exception): pass
def on_alarm(signum, frame):
    raise Late()
signal.signal(signal.SIGALRM, on_alarm)
signal.alarm(40)
lock = threading.Lock()
lock.acquire()
print("READY", flush=True)
try:
    lock.acquire()
except Late:
    print("late")
