# healthy: sigusr handler queue
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the main thread's signal handler feeds a SimpleQueue a worker reads
import queue
import signal
import subprocess
import threading


class Reloader(threading.Thread):
    def __init__(self):
        super().__init__(name="reloader")
        self.requests = queue.SimpleQueue()
        signal.signal(signal.SIGUSR1, self.on_signal)

    def on_signal(self, number, frame):
        self.requests.put(number)

    def run(self):
        print(self.requests.get())
        print("DONE", flush=True)


reloader = Reloader()
reloader.start()
subprocess.Popen(["sh", "-c", "sleep %f; kill -USR1 %d" % (DELAY, os.getpid())])
print("READY", flush=True)
reloader.join()
