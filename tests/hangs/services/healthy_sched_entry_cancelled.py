# a sale opens at a planned time: stdlib sched on a thread
import os, sched, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Gate:
    def __init__(self): self.opened, self.visitors = threading.Event(), 0
    def open(self): self.opened.set()
    def enter(self):
        self.opened.wait()
        self.visitors += 1
        print("ENDED", self.visitors, flush=True)

class Clock(threading.Thread):
    def __init__(self):
        super().__init__(name="clock", daemon=True)
        self.sched, self.ticks = sched.scheduler(time.monotonic, time.sleep), 0
    def plan(self, delay, obj, what, *args):
        return self.sched.enter(delay, 1, getattr(obj, what), args)
    def tick(self):
        self.ticks += 1
        self.plan(0.5, self, "tick")
    def run(self):
        self.tick()
        self.sched.run()

class Sale:
    def __init__(self, clock):
        self.clock, self.gates = clock, {}
    def announce(self, name, delay):
        gate = self.gates[name] = Gate()
        gate.entry = self.clock.plan(delay, gate, "open")
        return gate
    def postpone(self, name):
        self.clock.sched.cancel(self.gates[name].entry)

clock = Clock(); sale = Sale(clock)
gate = sale.announce("winter", LAG)
clock.start()
visitors = [threading.Thread(target=gate.enter, name=f"visitor-{n}", daemon=True) for n in range(3)]
for v in visitors: v.start()
time.sleep(0.3)
time.sleep(1)
print("READY", os.getpid(), flush=True)
visitors[0].join()
