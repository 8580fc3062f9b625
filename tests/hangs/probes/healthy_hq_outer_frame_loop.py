import os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Machine:
    def __init__(self):
        self.events, self.state, self.out = queue.Queue(), "cold", None

    def next_event(self):
        return self.events.get()

    def step(self):
        what, arg = self.next_event()
        getattr(self, "on_" + what)(arg)

    def on_start(self, out):
        self.out, self.state = out, "warming"

    def on_heat(self, degrees):
        if degrees > 90:
            self.state = "hot"
            self.out.put(self.state)

    def run(self):
        while self.state != "hot":
            self.step()


def stove(machine):
    for degrees in (20, 60, 95):
        time.sleep(LAG / 3)
        machine.events.put(("heat", degrees))


m = Machine()
threads = [threading.Thread(target=m.run), threading.Thread(target=stove, args=(m,))]
for t in threads:
    t.start()
status = queue.Queue()
m.events.put(("start", status))
threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
print("ENDED", status.get(), flush=True)
