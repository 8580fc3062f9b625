# healthy: so12 singledispatch registered
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import functools
import threading


@functools.singledispatch
def render(value):
    return str(value)


class Renderer:
    def __init__(self):
        self.used = threading.Event()
        render.register(int, self.render)

    def render(self, value):
        self.used.set()
        return "int"


def work():
    time.sleep(DELAY)
    render(1)


renderer = Renderer()
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
renderer.used.wait()
print("DONE", flush=True)
