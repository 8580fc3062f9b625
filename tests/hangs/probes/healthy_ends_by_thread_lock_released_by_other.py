# somebody alive ends the wait after 45 s: threading.Lock of a self-deadlock is released by another thread (bound `lock.release` in its frame) after 45 s.
import signal
signal.alarm(900)
import threading, time
class Table:
    def __init__(self):
        self.lock = threading.Lock()
    def drop(self):
        with self.lock:
            self.count()
    def count(self):
        with self.lock:
            return 0
def later(done):
    time.sleep(45)
    done()
table = Table()
t = threading.Thread(target=table.drop, name="drop"); t.start()
threading.Thread(target=later, args=(table.lock.release,), daemon=True).start()
print("READY", flush=True)
t.join()
print("ENDED", flush=True)
