# the thread that empties a bounded queue writes into it itself, and it is full (rebuilds release-engineering/kobo pull request 257)
import queue, signal, threading, time
signal.alarm(900)

class LoggingThread(threading.Thread):
    def __init__(self):
        super().__init__(name="task-log", daemon=True)
        self.lines = queue.Queue(4)
        self.failed = []
    def write(self, text):
        self.lines.put(text)
    def upload(self, line):
        time.sleep(0.05)
        for attempt in range(3):
            self.write("attempt %d failed" % attempt)
    def run(self):
        while True:
            self.upload(self.lines.get())

log = LoggingThread()
log.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
step = 0
while True:
    log.write("step %d" % step)
    step += 1
    time.sleep(0.01)
