# main waits for an event that a registered XML-RPC function sets
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

from xmlrpc.server import SimpleXMLRPCServer
class Api:
    def __init__(self): self.stop = threading.Event()
    def shutdown(self): self.stop.set(); return True
api = Api(); s = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False); s.register_instance(api)
threading.Thread(target=s.serve_forever, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
api.stop.wait()
