# actors, one thread each; ask() puts a message and waits for its future
import queue, threading, time
from concurrent.futures import Future
from dataclasses import dataclass, field
from svc_noise import SLOW, ready, heartbeat, idle_worker, poller

@dataclass
class Message:
    name: str
    args: tuple
    reply: Future = field(default_factory=Future)

class Actor:
    registry = {}
    def __init__(self, name):
        self.mailbox = queue.Queue()
        self.registry[name] = self
        threading.Thread(target=self._loop, name="actor-" + name, daemon=True).start()
    def _loop(self):
        while True:
            m = self.mailbox.get()
            try:
                m.reply.set_result(getattr(self, "do_" + m.name)(*m.args))
            except Exception as e:
                m.reply.set_exception(e)
    @classmethod
    def ask(cls, who, name, *args):
        m = Message(name, args)
        cls.registry[who].mailbox.put(m)
        return m.reply.result()

class Orders(Actor):
    def do_place(self, item):
        left = self.ask("stock", "reserve", item)
        return "placed, %d left" % left
    def do_open(self, item):
        return 2

class Stock(Actor):
    def do_reserve(self, item):
        time.sleep(SLOW)
        return 8

class Audit(Actor):
    pass

heartbeat()
idle_worker()
orders, stock, audit = Orders("orders"), Stock("stock"), Audit("audit")
poller(stock.mailbox.qsize)
ready()
print(Actor.ask("orders", "place", "book"))
print("DONE", flush=True)
