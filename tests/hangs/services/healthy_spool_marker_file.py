# print spooler: a watcher thread polls for marker files that another program writes
import os, pathlib, signal, threading, time, typing
signal.alarm(900)

class Entry(typing.NamedTuple):
    name: str
    event: threading.Event

class Spool:
    def __init__(self, root):
        self.root = pathlib.Path(root); self.root.mkdir(exist_ok=True)
        self.entries: dict[str, Entry] = {}
        self.handlers = {".done": self.on_done, ".fail": self.on_done}
        self.scans = 0
    def submit(self, name):
        e = self.entries[name] = Entry(name, threading.Event())
        (self.root / f"{name}.job").write_text("x")
        e.event.wait()
        return name
    def on_done(self, path):
        self.entries.pop(path.stem).event.set()
    def scan(self):
        self.scans += 1
        for p in self.root.iterdir():
            if h := self.handlers.get(p.suffix):
                p.unlink()
                h(p)
    def watch(self, limit):
        while self.scans < limit:
            self.scan()
            time.sleep(0.2)

class Queue(threading.Thread):
    def __init__(self, spool, names):
        super().__init__(name="queue", daemon=True)
        self.spool, self.names = spool, names
    def run(self):
        for n in self.names:
            self.spool.submit(n)
        print("ENDED", flush=True)

spool = Spool("spool")
limit = float("inf")
threading.Thread(target=spool.watch, args=(limit,), name="watcher", daemon=True).start()
time.sleep(0.1)
q = Queue(spool, ["a"]); q.start()
time.sleep(1.5)
print("READY", os.getpid(), flush=True)
while True:
    time.sleep(5)
