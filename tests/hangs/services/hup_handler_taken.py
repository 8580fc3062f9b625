# a daemon that rereads its configuration on SIGHUP; workers are told by events
import os, signal, threading, time, json, pathlib
signal.alarm(900)

class Settings:
    path = pathlib.Path("settings.json")
    def __init__(self):
        self.path.write_text(json.dumps({"workers": 2}))
        self.values, self.generation = self._parse(), 0
        self.applied = threading.Event()
    def _parse(self): return json.loads(self.path.read_text())
    def reload(self, signum=None, frame=None):
        self.values = self._parse()
        self.generation += 1
        self.applied.set()
    def wait_reload(self):
        self.applied.wait()
        self.applied.clear()
        return self.generation

class Signals:
    """keeps what the modules registered"""
    def __init__(self): self.table = {}
    def register(self, name, fn):
        self.table[name] = fn
        signal.signal(getattr(signal, name), fn)

class Detach:
    """nohup: the terminal may go away"""
    def __enter__(self):
        self.old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return self
    def __exit__(self, *exc):
        return None

class Worker(threading.Thread):
    def __init__(self, n, settings):
        super().__init__(name=f"worker-{n}", daemon=True)
        self.settings, self.ticks = settings, 0
    def run(self):
        while True:
            time.sleep(0.5)
            self.ticks += 1

def main():
    settings, sigs = Settings(), Signals()
    sigs.register("SIGHUP", settings.reload)
    workers = [Worker(n, settings) for n in range(settings.values["workers"])]
    for w in workers: w.start()
    with Detach():
        time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGHUP)
    t = threading.Timer(1, lambda: print("READY", os.getpid(), flush=True))
    t.daemon = True; t.start()
    gen = settings.wait_reload()
    print("ENDED", gen, flush=True)

main()
