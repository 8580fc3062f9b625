# healthy: getattr proxy
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a proxy object records calls and passes them on
import threading


class Proxy:
    def __init__(self, target):
        self._target = target
        self._calls = []

    def __getattr__(self, name):
        self._calls.append(name)
        return getattr(self._target, name)


class Deployment:
    def __init__(self):
        self._finished = threading.Event()

    def finish(self):
        self._finished.set()

    def wait(self):
        self._finished.wait()


def deployer(remote):
    time.sleep(DELAY)
    remote.finish()


deployment = Deployment()
threading.Thread(target=deployer, args=(Proxy(deployment),), daemon=True).start()
print("READY", flush=True)
deployment.wait()
print("DONE", flush=True)
