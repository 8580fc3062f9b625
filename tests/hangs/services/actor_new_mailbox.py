# a small actor system on threads with a supervisor that restarts what failed
import concurrent.futures as cf, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Message:
    __slots__ = ("body", "reply")
    def __init__(self, body):
        self.body, self.reply = body, cf.Future()

class Actor:
    name = "actor"
    def __init__(self, mailbox=None):
        self.mailbox = mailbox or queue.SimpleQueue()
        self.thread = None
    def start(self, on_exit):
        def loop():
            try:
                while True:
                    self.receive(self.mailbox.get())
            except Exception as e:
                on_exit(self, e)
        self.thread = threading.Thread(target=loop, name=f"actor-{self.name}", daemon=True)
        self.thread.start()
        return self
    def receive(self, msg): raise NotImplementedError

class Audit(Actor):
    name = "audit"
    def receive(self, msg): msg.reply.set_result("noted")

class Billing(Actor):
    name = "billing"
    def receive(self, msg):
        if msg.body == "poison":
            time.sleep(0.3)
            raise ValueError(msg.body)
        kind, amount = msg.body
        msg.reply.set_result(amount * 2)

class Supervisor:
    registry = {"billing": Billing, "audit": Audit}
    def __init__(self):
        self.actors, self.restarts = {}, 0
        self.events = queue.Queue()
        threading.Thread(target=self._watch, name="supervisor", daemon=True).start()
        for name in self.registry:
            self.spawn(name)
    def spawn(self, name, mailbox=None):
        self.actors[name] = self.registry[name](mailbox).start(self.failed)
    def failed(self, actor, exc):
        self.events.put((actor, exc))
    def _watch(self):
        while True:
            actor, exc = self.events.get()
            self.restarts += 1
            self.spawn(actor.name)
    def tell(self, name, body):
        m = Message(body)
        self.actors[name].mailbox.put(m)
        return m.reply
    def ask(self, name, body):
        return self.tell(name, body).result()

def monitor(sup):
    while True:
        time.sleep(3)
        sup.ask("audit", "tick")

def checkout(sup, n):
    total = sup.ask("billing", ("order", n))
    print("ENDED", total, flush=True)

sup = Supervisor()
threading.Thread(target=monitor, args=(sup,), name="monitor", daemon=True).start()
sup.tell("billing", "poison")
time.sleep(0.05)
ts = [threading.Thread(target=checkout, args=(sup, n), name=f"checkout-{n}", daemon=True) for n in range(2)]
for t in ts: t.start()
time.sleep(1.2)
print("READY", os.getpid(), flush=True)
for t in ts: t.join()
