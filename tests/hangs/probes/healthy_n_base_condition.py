# healthy: base condition
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Shared:
    cond = threading.Condition(); items = []
class Producer(Shared):
    def run(self):
        time.sleep(45)
        with self.cond: self.items.append(1); self.cond.notify()
def main():
    threading.Thread(target=Producer().run, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    with Shared.cond:
        while not Shared.items: Shared.cond.wait()
main()
