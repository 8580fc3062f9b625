import os, signal, threading, time
import traitlets
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Kernel(traitlets.HasTraits):
    status = traitlets.Unicode("starting")

    def __init__(self):
        super().__init__()
        self._up = threading.Event()

    @traitlets.observe("status")
    def _status_changed(self, change):
        if change["new"] == "idle":
            self._up.set()

    def wait_for_ready(self):
        self._up.wait()
        print("ENDED", self.status, flush=True)


def boot(**state):
    time.sleep(LAG)
    kernel.set_trait("status", state.get("status", "dead"))


kernel = Kernel()
threading.Thread(target=boot, kwargs={"status": "idle"}).start()
t = threading.Thread(target=kernel.wait_for_ready)
t.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
t.join()
