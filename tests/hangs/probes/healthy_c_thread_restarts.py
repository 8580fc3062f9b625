# the consumer thread died; a watchdog thread starts another one after 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.q = queue.Queue(); self.fail = True
    def worker(self):
        while True:
            item = self.q.get()
            if self.fail:
                self.fail = False; self.q.put(item); self.q.task_done()
                return
            self.q.task_done()
    def watch(self):
        t = threading.Thread(target=self.worker, daemon=True); t.start()
        while True:
            time.sleep(25)
            if not t.is_alive(): t = threading.Thread(target=self.worker, daemon=True); t.start()
    def run(self):
        self.q.put(1)
        threading.Thread(target=self.watch, daemon=True, name="watch").start()
        self.q.join()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
Service().run()
