import os, signal, threading, time, functools, operator, types, sys, importlib
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
class Api:
    def __init__(self): self.gate, self.born = threading.Event(), time.monotonic()
    def due(self): return time.monotonic() - self.born > LAG
    def open_gate(self): self.gate.set()
    def passed(self):
        self.gate.wait()
        print("ENDED", flush=True)
HOOKS = []
def hook(fn):
    HOOKS.append(fn)
@hook
def _(api):
    if api.due(): api.open_gate()
class Host(threading.Thread):
    def __init__(self, api):
        super().__init__(name="host-tick", daemon=True)
        self.api = api
        pass
    def run(self):
        while True:
            time.sleep(0.2)
            [f(self.api) for f in HOOKS]
api = Api()
host = Host(api); host.start()
v = threading.Thread(target=api.passed, name="vehicle", daemon=True); v.start()
time.sleep(1)
print("READY", os.getpid(), flush=True)
v.join()
