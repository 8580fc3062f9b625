# importer with a supervisor that is told of crashes by threading.excepthook
import collections, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Reporter:
    """a crash reporter as vendors ship it"""
    def __init__(self, dsn): self.dsn, self.sent = dsn, []
    def install(self):
        previous, self.report_only = threading.excepthook, self.report
        def chained(args):
            self.report_only(args)
            previous(args)
        threading.excepthook = chained
    def report(self, args):
        self.sent.append((self.dsn, repr(args.exc_value)))

class Supervisor:
    def __init__(self):
        self.crashed = threading.Event()
        self.restarts = collections.Counter()
        threading.excepthook = self._hook
    def _hook(self, args):
        self.restarts[args.thread.name] += 1
        self.crashed.set()
    def start(self, target, name):
        threading.Thread(target=target, name=name, daemon=True).start()
    def supervise(self, target, name):
        self.start(target, name)
        while True:
            self.crashed.wait()
            self.crashed.clear()
            print("ENDED", dict(self.restarts), flush=True)
            self.start(target, name)

class Importer:
    def __init__(self, first): self.pause, self.done = first, 0
    def __call__(self):
        for n in range(100):
            time.sleep(self.pause)
            self.done += 1
            self.parse(b"\xff" if n == 0 else b"ok")
    def parse(self, raw):
        return raw.decode()

def metrics(imp):
    while True:
        time.sleep(1)
        metrics.value = imp.done

sup = Supervisor()
Reporter("https://errors.example").install()
imp = Importer(LAG)
threading.Thread(target=metrics, args=(imp,), name="metrics", daemon=True).start()
t = threading.Timer(1.5, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
sup.supervise(imp, "importer")
