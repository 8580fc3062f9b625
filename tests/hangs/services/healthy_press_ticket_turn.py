"""Printing room: jobs take a ticket and use the press strictly in that order."""
import functools, itertools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class PaperJam(Exception):
    pass

class Turnstile:
    def __init__(self):
        self.cond = threading.Condition()
        self.tickets, self.serving = itertools.count(), 0

    def take(self):
        return next(self.tickets)

    def await_turn(self, ticket):
        with self.cond:
            self.cond.wait_for(lambda: self.serving == ticket)

    def advance(self):
        with self.cond:
            self.serving += 1
            self.cond.notify_all()

class Press:
    def __init__(self):
        self.turn, self.pages = Turnstile(), 0

    def run_job(self, ticket, pages):
        if pages > 10:
            raise PaperJam(pages)
        time.sleep(0.05)
        self.pages += pages

    def submit(self, ticket, pages):
        self.turn.await_turn(ticket)
        try:
            self.run_job(ticket, pages)
        except PaperJam as e:
            self.jammed(ticket, e)
            return False
        self.turn.advance()
        return True

    def jammed(self, ticket, e):
        print("jam", ticket, flush=True)
        skip = threading.Timer(LAG, functools.partial(Turnstile.advance, self.turn))
        skip.name = "skip-ticket"
        skip.start()

class Job(threading.Thread):
    def __init__(self, press, pages):
        self.ticket = press.turn.take()
        super().__init__(name=f"press-{self.ticket}")
        self.press, self.pages = press, pages

    def run(self):
        if self.press.submit(self.ticket, self.pages):
            print("DONE", self.ticket, flush=True)

def ink_level(press):
    while True:
        press.pages
        time.sleep(0.3)

def main():
    press = Press()
    threading.Thread(target=ink_level, args=(press,), name="ink", daemon=True).start()
    jobs = [Job(press, p) for p in (1, 2, 40, 3, 4)]
    for j in jobs:
        j.start()
    time.sleep(1)
    print("READY", os.getpid(), flush=True)
    for j in jobs:
        j.join()

main()
