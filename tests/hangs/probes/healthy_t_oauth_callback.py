# a login waits for an event that the handler of a local callback server sets (an attribute of the server)
import asyncio, functools, http.server, logging, os, signal, socket, socketserver, sys, threading, time
signal.alarm(900)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.code = self.path
        self.server.got.set()
class Login:
    def run(self):
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        server.got = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.got.wait()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
Login().run()
