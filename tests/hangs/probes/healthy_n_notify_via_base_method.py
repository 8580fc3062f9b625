# healthy: notify via base method
import asyncio, threading, time, queue, signal
signal.alarm(300)
# base class method with class attribute named there only; child calls self.finish()
class Base:
    done = threading.Event()
    def finish(self): self.done.set()
class Job(Base):
    def run(self): time.sleep(45); self.finish()
def main():
    threading.Thread(target=Job().run, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    Base.done.wait()
main()
