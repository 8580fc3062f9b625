# healthy: base semaphore
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Limited:
    slots = threading.Semaphore(1)
class Job(Limited):
    def run(self):
        self.slots.acquire(); time.sleep(45); self.slots.release()
def main():
    threading.Thread(target=Job().run, daemon=True).start()
    time.sleep(0.2)
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    Limited.slots.acquire()
main()
