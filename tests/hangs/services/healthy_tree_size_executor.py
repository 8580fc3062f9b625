# computes the size of a tree of folders on a thread pool, one job per folder
import concurrent.futures as cf, os, signal, threading, time
from dataclasses import dataclass, field
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

@dataclass
class Folder:
    name: str
    files: list[int] = field(default_factory=list)
    children: list["Folder"] = field(default_factory=list)
    remote: bool = False

def sample():
    deep = Folder("c", [4], [], remote=True)
    return Folder("root", [1], [Folder("a", [2], [Folder("b", [3], [deep])]), Folder("d", [9])])

class Sizer:
    def __init__(self, workers):
        self.pool = cf.ThreadPoolExecutor(workers, thread_name_prefix="walker")
        self.visited = []
    def size(self, folder):
        self.visited.append(folder.name)
        if folder.remote:
            time.sleep(LAG)
        jobs = [self.pool.submit(self.size, c) for c in folder.children]
        return sum(folder.files) + sum(j.result() for j in jobs)
    def total(self, root):
        return self.pool.submit(self.size, root)

class Bar(threading.Thread):
    def __init__(self, sizer):
        super().__init__(name="bar", daemon=True)
        self.sizer = sizer
    def run(self):
        while True:
            time.sleep(1)
            self.text = "#" * len(self.sizer.visited)

sizer = Sizer(8)
Bar(sizer).start()
fut = sizer.total(sample())
time.sleep(1.2)
print("READY", os.getpid(), flush=True)
print("ENDED", fut.result(), flush=True)
