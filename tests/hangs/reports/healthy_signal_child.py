# a child tells with SIGUSR1 that the configuration is written
import os, signal, subprocess, threading, time
from svc_noise import SLOW, ready, heartbeat, small_server

class Reloader:
    def __init__(self):
        self.event = threading.Event()
        signal.signal(signal.SIGUSR1, self._on_signal)
    def _on_signal(self, number, frame):
        self.event.set()
    def start_writer(self, seconds):
        self.child = subprocess.Popen(["/bin/sh", "-c", "sleep %.1f; kill -USR1 $PPID" % seconds])
    def wait_written(self):
        self.event.clear()
        while not self.event.is_set():
            self.event.wait()
        return self.child.wait()

heartbeat()
small_server()
reloader = Reloader()
reloader.start_writer(SLOW)
ready()
reloader.wait_written()
print("DONE", flush=True)
