# an engine in a child process, one line a request; a reader thread hands out the answers
import queue, subprocess, sys, threading, os
from svc_noise import SLOW, ready, heartbeat, poller
CODE = "import sys, time\nfor line in sys.stdin:\n    time.sleep(%f)\n    print('ok', line.strip(), flush=True)\n"

class Engine:
    def __init__(self, seconds):
        self.child = subprocess.Popen([sys.executable, "-c", CODE % seconds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answers = queue.Queue()
        threading.Thread(target=self._read, name="engine-reader", daemon=True).start()
    def _read(self):
        for line in self.child.stdout:
            self.answers.put(line.rstrip())
        self.answers.put(None)
    def send(self, text):
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()
    def ask(self, text):
        self.send(text)
        answer = self.answers.get()
        if answer is None:
            raise EOFError("engine died")
        return answer

heartbeat()
engine = Engine(SLOW)
poller(engine.answers.qsize)
ready()
print(engine.ask("position startpos"))
print("DONE", flush=True)
