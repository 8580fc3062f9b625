# a listener object given to a library-like dispatcher is called by name through getattr
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

class Dispatcher:
    def __init__(self): self.listeners = []
    def publish(self, name, ev):
        for l in self.listeners:
            getattr(l, name, lambda e: None)(ev)
class L:
    def __init__(self): self.ready = threading.Event()
    def opened(self, ev): self.ready.set()
d, l = Dispatcher(), L(); d.listeners.append(l)
def work(): time.sleep(25); d.publish("opened", 1)
threading.Thread(target=work).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
l.ready.wait()
