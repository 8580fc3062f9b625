# healthy: attr sleep
import asyncio, threading, time, queue, signal
signal.alarm(300)
class B:
    def __init__(self): self.e = threading.Event()
    def job(self):
        yield 45
        self.e.set()
class S(threading.Thread):
    def __init__(self): super().__init__(daemon=True); self.gens = []
    def run(self):
        while self.gens:
            g = self.gens.pop(0)
            try: d = next(g)
            except StopIteration: continue
            self.gens.append(g); time.sleep(d)
b = B(); s = S(); s.gens.append(b.job()); s.start()
threading.Timer(1, print, ["READY"], {"flush": True}).start()
b.e.wait()
