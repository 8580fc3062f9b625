# healthy: base queue
import asyncio, threading, time, queue, signal
signal.alarm(300)
class Worker(threading.Thread):
    results = queue.Queue()
class Slow(Worker):
    def run(self): time.sleep(45); self.results.put(1)
def main():
    Slow(daemon=True).start()
    threading.Timer(1, print, ["READY"], {"flush": True}).start()
    Worker.results.get()
main()
