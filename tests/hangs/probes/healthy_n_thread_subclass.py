# healthy: thread subclass
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base(threading.Thread):
    waiters = {}
    def run(self): time.sleep(45); self.waiters.pop("x").set()
class Child(Base): pass
def main():
    e = threading.Event(); Base.waiters["x"] = e; t = Child(daemon=True); t.start(); del t
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    e.wait()
main()
