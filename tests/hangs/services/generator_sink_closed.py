# starts a helper program and watches its output through a generator sink
import contextlib, os, signal, subprocess, sys, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

def primed(fn):
    def start(*a):
        g = fn(*a)
        next(g)
        return g
    return start

class Boot:
    def __init__(self):
        self.started, self.lines = threading.Event(), 0
        self.sinks = {"out": self.watch()}
    @primed
    def watch(self):
        while True:
            word, *rest = (yield).split()
            self.lines += 1
            level = int(rest[0])
            if word == "listening" and level >= 0:
                self.started.set()
    def await_boot(self):
        self.started.wait()

class Reader(threading.Thread):
    def __init__(self, stream, sink):
        super().__init__(name="reader", daemon=True)
        self.stream, self.sink = stream, sink
    def run(self):
        for line in self.stream:
            with contextlib.suppress(StopIteration, IndexError):
                self.sink.send(line)

CHILD = """import sys, time
print("loading", flush=True)
time.sleep(float(sys.argv[1]))
print("listening 1", flush=True)
while True:
    time.sleep(1); print("beat 2", flush=True)
"""
delay = "0.4"
boot = Boot()
p = subprocess.Popen([sys.executable, "-c", CHILD, delay], stdout=subprocess.PIPE, text=True)
Reader(p.stdout, boot.sinks["out"]).start()
t = threading.Timer(1.6, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
boot.await_boot()
print("ENDED", flush=True)
p.kill()
