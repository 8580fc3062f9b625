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
import pathlib
pathlib.Path("plug_x.py").write_text("def on_tick(api):\n    if api.due(): api.open_gate()\nclass P:\n    def tick(self, api):\n        if api.due(): api.open_gate()\n")
sys.path.insert(0, os.getcwd())
import plug_x
class Host(threading.Thread):
    def __init__(self, api):
        super().__init__(name="host-tick", daemon=True)
        self.api = api
        pass
    def run(self):
        while True:
            time.sleep(0.2)
            plug_x.on_tick(self.api)
api = Api()
host = Host(api); host.start()
v = threading.Thread(target=api.passed, name="vehicle", daemon=True); v.start()
time.sleep(1)
print("READY", os.getpid(), flush=True)
v.join()
