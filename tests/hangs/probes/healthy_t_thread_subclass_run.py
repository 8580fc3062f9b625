# the run() of a Thread subclass calls an abstract method of a subclass
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

class Base(threading.Thread):
    def run(self):
        time.sleep(25); self.process()
class Job(Base):
    def __init__(self): super().__init__(); self.ready = threading.Event()
    def process(self): self.ready.set()
j = Job(); j.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
j.ready.wait()
