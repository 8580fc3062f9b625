# healthy: single yield
import asyncio, threading, time, queue, signal
signal.alarm(300)
class T:
    def __init__(self): self.lock = threading.Lock()
    def rows(self):
        with self.lock: yield 1
def a(t):
    for r in t.rows(): time.sleep(45)
def main():
    t = T()
    ts = [threading.Thread(target=a, args=(t,), daemon=True) for _ in range(2)]
    for x in ts: x.start()
    time.sleep(1); print("READY", flush=True)
    for x in ts: x.join()
main()
