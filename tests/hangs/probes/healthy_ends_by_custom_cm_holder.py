# somebody alive ends the wait after 45 s: The lock is held by a living thread through a class-based context manager (Hold), plain dict.
import signal
signal.alarm(900)
import threading, time, weakref
class Hold:
    def __init__(self, lock, why=""):
        self.lock, self.why = lock, why
    def __enter__(self):
        self.lock.acquire()
    def __exit__(self, *exc):
        self.lock.release()
class Lk: pass
reg = {"cache": threading.Lock()}
def audit():
    with Hold(reg["cache"], "update"):
        time.sleep(45)
def replay():
    with reg["cache"]:
        pass
    print("ENDED", flush=True)
a = threading.Thread(target=audit, name="audit"); a.start()
time.sleep(0.1)
t = threading.Thread(target=replay, name="replay"); t.start()
print("READY", flush=True)
t.join()
