# healthy: enumerate
import asyncio, threading, time, queue, signal
signal.alarm(300)
# for over map/filter/chain/enumerate of generator
import itertools
class B:
    def __init__(self): self.e = threading.Event()
    def job(self):
        yield 45
        self.e.set()
def sched(gens):
    for d in itertools.chain(*gens): time.sleep(d)
b = B()
threading.Thread(target=sched, args=([b.job()],), daemon=True).start()
threading.Timer(1, print, ["READY"], {"flush": True}).start()
b.e.wait()
