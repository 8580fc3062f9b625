# main waits for an event that a job of APScheduler sets in an hour
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from apscheduler.schedulers.background import BackgroundScheduler
class Nightly:
    def __init__(self): self.done = threading.Event()
    def run(self): self.done.set()
n = Nightly(); s = BackgroundScheduler(); s.add_job(n.run, "interval", seconds=25); s.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
n.done.wait()
