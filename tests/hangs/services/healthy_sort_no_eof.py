# ranks words by the system's sort, as a filter process
import os, queue, signal, subprocess, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Filter:
    def __init__(self, *argv):
        self.proc = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    def feed(self, lines):
        for l in lines:
            self.proc.stdin.write(l + "\n")
        self.proc.stdin.flush()
    def finish(self):
        self.proc.stdin.close()
    def __iter__(self):
        return iter(self.proc.stdout.readline, "")

class Ranker(threading.Thread):
    def __init__(self, jobs):
        super().__init__(name="ranker", daemon=True)
        self.jobs, self.done = jobs, []
    def run(self):
        while True:
            words = self.jobs.get()
            self.done.append(self.rank(words))
            print("ENDED", self.done[-1], flush=True)
    def rank(self, words):
        f = Filter("sort", "-r")
        f.feed(words)
        t = threading.Timer(LAG, f.finish); t.daemon = True; t.start()
        out = []
        for line in f:
            out.append(line.strip())
        return out

def health():
    while True:
        time.sleep(2)

jobs = queue.Queue()
Ranker(jobs).start()
threading.Thread(target=health, name="health", daemon=True).start()
jobs.put(["b", "a", "c"])
time.sleep(1.2)
print("READY", os.getpid(), flush=True)
while True:
    time.sleep(30)
