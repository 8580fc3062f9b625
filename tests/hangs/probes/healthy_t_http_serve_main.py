# a worker thread waits for an event that the handler sets; MainThread serves
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

kick = threading.Event()
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self): kick.set()
def work():
    kick.wait()
threading.Thread(target=work, name="worker").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
http.server.HTTPServer(("127.0.0.1", 0), H).serve_forever()
