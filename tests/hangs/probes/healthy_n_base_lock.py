# healthy: base lock
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Limited:
    lock = threading.Lock()
class Job(Limited):
    def run(self):
        self.lock.acquire(); time.sleep(45); self.lock.release()
def main():
    threading.Thread(target=Job().run, daemon=True).start()
    time.sleep(0.2)
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    Limited.lock.acquire()
main()
