# main waits for an event that a request to its http.server sets (a stop page)
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

stopped = threading.Event()
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        stopped.set()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
threading.Thread(target=server.serve_forever, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
stopped.wait()
