# permits are held by ExitStacks; an error between enter and close loses them
import contextlib, threading, time
from svc_noise import SLOW, ready, heartbeat, poller

class Gate:
    def __init__(self, n):
        self.permits, self.open = threading.Semaphore(n), {}
    @contextlib.contextmanager
    def permit(self, who):
        self.permits.acquire()
        try:
            yield who
        finally:
            self.permits.release()
    def enter(self, who):
        stack = contextlib.ExitStack()
        stack.enter_context(self.permit(who))
        self.open[who] = stack
        return stack

class Crawler(threading.Thread):
    def __init__(self, gate, name):
        super().__init__(name=name, daemon=True)
        self.gate = gate
    def fetch(self):
        time.sleep(SLOW)
    def run(self):
        stack = self.gate.enter(self.name)
        try:
            self.fetch()
        except ValueError:
            pass
        stack.close()
        self.gate.open.pop(self.name)

threading.excepthook = lambda args: None
heartbeat()
gate = Gate(2)
poller(lambda: len(gate.open))
crawlers = [Crawler(gate, "first"), Crawler(gate, "second"), Crawler(gate, "third")]
ready()
for c in crawlers:
    c.start()
    time.sleep(0.1)
for c in crawlers:
    c.join()
print("DONE", flush=True)
