# whoever assigns ticket.answer wakes those who wait: a property with a setter
import queue, threading, time
from svc_noise import SLOW, ready, heartbeat, poller, idle_worker

class Waitable:
    def __set_name__(self, owner, name):
        self.name = "_" + name
    def __get__(self, obj, owner=None):
        return self if obj is None else getattr(obj, self.name, None)
    def __set__(self, obj, value):
        with obj.cond:
            setattr(obj, self.name, value)
            obj.cond.notify_all()

class Ticket:
    answer = Waitable()
    def __init__(self, subject):
        self.subject, self.cond = subject, threading.Condition()
    def wait(self):
        with self.cond:
            while self.answer is None:
                self.cond.wait()
            return self.answer

class Desk:
    topics = {"billing": "see invoice"}
    def __init__(self):
        self.inbox = queue.SimpleQueue()
        threading.Thread(target=self._clerk, name="clerk", daemon=True).start()
    def _clerk(self):
        while True:
            ticket = self.inbox.get()
            time.sleep(SLOW)
            ticket.answer = self.topics.get(ticket.subject, "dunno")
    def ask(self, subject):
        ticket = Ticket(subject)
        self.inbox.put(ticket)
        return ticket.wait()

threading.excepthook = lambda args: None
desk = Desk()
heartbeat()
idle_worker()
poller(desk.inbox.qsize)
ready()
print(desk.ask("refund"))
print("DONE", flush=True)
