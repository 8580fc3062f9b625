# healthy: sigwait thread
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a thread waits for signals with sigwait and opens the exit
import signal
import subprocess
import threading


class Signals(threading.Thread):
    def __init__(self, handlers):
        super().__init__(daemon=True)
        self.handlers = handlers

    def run(self):
        while True:
            number = signal.sigwait(list(self.handlers))
            self.handlers[number]()


class Service:
    def __init__(self):
        self.leave = threading.Event()
        self.handlers = {signal.SIGTERM: self.leave.set, signal.SIGHUP: self.reload}

    def reload(self):
        print("reload")


service = Service()
signal.pthread_sigmask(signal.SIG_BLOCK, list(service.handlers))
Signals(service.handlers).start()
subprocess.Popen(["sh", "-c", "sleep %f; kill -TERM %d" % (DELAY, os.getpid())])
print("READY", flush=True)
service.leave.wait()
print("DONE", flush=True)
