# a thread makes an object of a class kept in an attribute, whose constructor sets the event
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

class Handler:
    def __init__(self, server): server.done.set()
class Server:
    def __init__(self, handler_class): self.handler_class = handler_class; self.done = threading.Event()
    def loop(self):
        time.sleep(25)
        self.handler_class(self)
s = Server(Handler)
threading.Thread(target=s.loop).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
s.done.wait()
