# healthy: interrupt main
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# the console thread interrupts the main thread
import signal
import threading


class Console(threading.Thread):
    def __init__(self):
        super().__init__(name="console", daemon=True)

    def run(self):
        time.sleep(DELAY)
        print("quit")
        os.kill(os.getpid(), signal.SIGINT)


class Service:
    def __init__(self):
        self.stopped = threading.Event()

    def serve_forever(self):
        try:
            self.stopped.wait()
        except KeyboardInterrupt:
            print("interrupted")


Console().start()
service = Service()
print("READY", flush=True)
service.serve_forever()
print("DONE", flush=True)
