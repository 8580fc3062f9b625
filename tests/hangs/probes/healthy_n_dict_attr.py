# healthy: dict attr
import asyncio, threading, time, queue, signal
signal.alarm(300)
class S(threading.Thread):
    def __init__(self): super().__init__(daemon=True); self.jobs = {}
    def run(self):
        for name, g in self.jobs.items():
            for d in g: time.sleep(d)
E_ = threading.Event()
def job(e):
    yield 45
    e.set()
def main():
    e = threading.Event(); s = S(); s.jobs["a"] = job(e); s.start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    e.wait()
main()
