# main waits for an event that a logging handler sets when a worker logs
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

import logging
class Seen(logging.Handler):
    def __init__(self): super().__init__(); self.seen = threading.Event()
    def emit(self, record): self.seen.set()
h = Seen(); logging.getLogger("w").addHandler(h)
def work(): time.sleep(25); logging.getLogger("w").error("x")
threading.Thread(target=work).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
h.seen.wait()
