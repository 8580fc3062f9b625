# the write() of an own sys.stdout sets it when a worker prints
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

class Tee:
    def __init__(self, f): self.f = f; self.seen = threading.Event()
    def write(self, s): self.f.write(s); self.seen.set() if "done" in s else None
    def flush(self): self.f.flush()
tee = sys.stdout = Tee(sys.stdout)
def work(): time.sleep(25); print("done")
threading.Thread(target=work).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
tee.seen.wait()
