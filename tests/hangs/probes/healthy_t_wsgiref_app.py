# main waits for an event that a wsgiref application sets
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

from wsgiref.simple_server import make_server
stop = threading.Event()
def app(environ, start_response):
    stop.set()
    start_response("200 OK", []); return [b"x"]
threading.Thread(target=make_server("127.0.0.1", 0, app).serve_forever, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
stop.wait()
