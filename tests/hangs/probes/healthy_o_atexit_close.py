# healthy: atexit close
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the main thread ends; the flusher is stopped by atexit
import atexit
import threading


class Flusher:
    def __init__(self):
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True, name="flusher")
        self.thread.start()
        atexit.register(self.close)

    def run(self):
        self.stopping.wait()
        print("DONE", flush=True)

    def close(self):
        self.stopping.set()
        self.thread.join()


flusher = Flusher()
print("READY", flush=True)
time.sleep(DELAY)
