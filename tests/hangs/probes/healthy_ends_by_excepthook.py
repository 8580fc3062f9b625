# somebody alive ends the wait after 45 s: threading.excepthook (a user function) ends the wait when a worker dies after 45 s.
import signal
signal.alarm(900)
import threading, time
class Shared:
    def __init__(self):
        self.free, self.users = threading.Condition(), 1
    def leave(self):
        with self.free:
            self.users -= 1
            self.free.notify_all()
    def drain(self):
        with self.free:
            while self.users:
                self.free.wait()
def worker():
    time.sleep(45)
    raise RuntimeError("worker is gone")
shared = Shared()
t = threading.Thread(target=shared.drain, name="drain"); t.start()
leave = shared.leave
threading.excepthook = lambda args: leave()
threading.Thread(target=worker, daemon=True).start()
print("READY", flush=True)
t.join()
print("ENDED", flush=True)
