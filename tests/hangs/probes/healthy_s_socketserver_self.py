# main waits for an event of the server that a handler sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

class Server(socketserver.ThreadingTCPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.stopped = threading.Event()
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        if self.rfile.readline() == b"stop\n": self.server.stopped.set()
server = Server()
threading.Thread(target=server.serve_forever, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
server.stopped.wait()
