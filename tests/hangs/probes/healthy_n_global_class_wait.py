# healthy: global class wait
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Base:
    done = threading.Event()
class Job(Base):
    def run(self): time.sleep(45); self.done.set()
    def wait(self): self.done.wait()
def main():
    j = Job()
    threading.Thread(target=j.run, daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    j.wait()
main()
