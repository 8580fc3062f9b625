# main waits for an event that a thread which reads a websocket sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from websockets.sync.server import serve
from websockets.sync.client import connect
def handler(ws): time.sleep(25); ws.send("x")
server = serve(handler, "127.0.0.1", 0)
threading.Thread(target=server.serve_forever, daemon=True).start()
class Client:
    def __init__(self, url): self.ws = connect(url); self.ready = threading.Event()
    def read(self):
        for m in self.ws: self.ready.set()
c = Client("ws://127.0.0.1:%d" % server.socket.getsockname()[1])
threading.Thread(target=c.read, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
c.ready.wait()
