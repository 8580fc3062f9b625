# healthy: watchdog file
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# watchdog: a new file wakes the importer
import subprocess
import tempfile
import threading

from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer


class Inbox(FileSystemEventHandler):
    def __init__(self):
        self.arrived = threading.Event()

    def on_created(self, event):
        self.arrived.set()


folder = tempfile.mkdtemp()
inbox = Inbox()
observer = Observer()
observer.schedule(inbox, folder)
observer.start()
subprocess.Popen(["sh", "-c", "sleep %f; touch %s/a" % (DELAY, folder)])
print("READY", flush=True)
inbox.arrived.wait()
print("DONE", flush=True)
observer.stop()
