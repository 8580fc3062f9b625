# a parking gate controlled by a script of the customer (exec), run by the host's tick thread
import os, signal, threading, time, types
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

SCRIPT = """
count = 0
def on_tick(api):
    global count
    count += 1
    if count > api.limit:
        api.do("open_gate")
def on_vehicle(api, n):
    pass
"""

class Api:
    limit = LAG * 5
    def __init__(self): self.gate, self.calls = threading.Event(), []
    def do(self, name, *a):
        self.calls.append(name)
        getattr(self, name)(*a)
    def open_gate(self): self.gate.set()
    def passed(self, n):
        self.gate.wait()
        print("ENDED", n, flush=True)

class Host(threading.Thread):
    def __init__(self, api):
        super().__init__(name="host-tick", daemon=True)
        self.api, self.module, self.hooks, self.errors = api, types.ModuleType("customer"), {}, []
        exec(SCRIPT, self.module.__dict__)
        self.hooks = {k: v for k, v in vars(self.module).items() if k.startswith("on_")}
    def fire(self, name, *a):
        hook = self.hooks.get(name)
        if hook is None:
            return
        try:
            hook(self.api, *a)
        except Exception as e:
            self.errors.append(repr(e))
            del self.hooks[name]
    def run(self):
        while True:
            time.sleep(0.2)
            self.fire("on_tick")

class Vehicle(threading.Thread):
    def __init__(self, n, host):
        super().__init__(name=f"vehicle-{n}", daemon=True)
        self.n, self.host = n, host
    def run(self):
        self.host.fire("on_vehicle", self.n)
        self.host.api.passed(self.n)

host = Host(Api()); host.start()
vs = [Vehicle(n, host) for n in range(2)]
for v in vs: v.start()
time.sleep(1.3)
print("READY", os.getpid(), flush=True)
for v in vs: v.join()
