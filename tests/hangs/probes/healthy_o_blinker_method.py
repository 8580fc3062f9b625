# healthy: a receiver of a blinker signal sets an event
import threading
import time

import blinker

ready = blinker.Signal()


class App:
    def __init__(self):
        self.done = threading.Event()
        ready.connect(self.on_ready)

    def on_ready(self, sender):
        self.done.set()


def prepare():
    time.sleep(40)
    ready.send("prepare")


app = App()
threading.Thread(target=prepare, daemon=True).start()
print("READY", flush=True)
app.done.wait()
