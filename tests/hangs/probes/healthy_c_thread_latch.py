# a thread takes a threading.Lock twice; another thread releases it after 25 s (a latch)
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.latch = threading.Lock()
    def opener(self):
        time.sleep(25)
        self.latch.release()
    def run(self):
        self.latch.acquire()
        threading.Thread(target=self.opener, name="opener").start()
        self.latch.acquire()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
Service().run()
