# main waits for an event that a watchdog handler sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from watchdog.observers import Observer
from watchdog.events import FileSystemEventHandler
class H(FileSystemEventHandler):
    def __init__(self): self.seen = threading.Event()
    def on_created(self, event): self.seen.set()
h = H(); o = Observer(); o.schedule(h, "."); o.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
h.seen.wait()
