# healthy: tm4 thread subclass base start
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading


class Timer(threading.Timer):
    def __init__(self):
        super().__init__(DELAY, self.fire)
        self.daemon = True
        self.event = threading.Event()

    def fire(self):
        self.event.set()


timer = Timer()
timer.start()
print("READY", flush=True)
timer.event.wait()
print("DONE", flush=True)
