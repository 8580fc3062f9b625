# main waits for an event that a thread which accepts on a multiprocessing Listener sets
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from multiprocessing.connection import Listener
stop = threading.Event()
def serve(l):
    while True:
        with l.accept() as c:
            if c.recv() == "stop": stop.set()
threading.Thread(target=serve, args=(Listener(("127.0.0.1", 0)),), daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
stop.wait()
