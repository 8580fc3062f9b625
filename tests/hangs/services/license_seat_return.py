"""Render farm: a licence server gives out two seats, jobs queue for them."""
import os, queue, signal, threading, time, weakref
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class SeatServer:
    def __init__(self, seats):
        self.seats = threading.Semaphore(seats)
        self.given = 0

    def checkout(self, who):
        self.seats.acquire()
        self.given += 1
        return who

    def checkin(self):
        self.seats.release()

class Cache(dict):
    def lookup(self, frame):
        return self.get(frame % 10)

class Renderer(threading.Thread):
    def __init__(self, n, seats, frames, cache):
        super().__init__(name=f"render-{n}")
        self.seats, self.frames, self.cache = seats, frames, cache

    def render(self, frame):
        self.seats.checkout(self.name)
        hit = self.cache.lookup(frame)
        if hit is not None:
            return hit
        time.sleep(0.1)
        out = self.cache[frame % 10] = f"frame {frame}"
        self.seats.checkin()
        return out

    def run(self):
        while (frame := self.frames.get()) is not None:
            self.render(frame)
        print("DONE", self.name, flush=True)

class Session:
    """an artist's interactive session; the seat goes back with the object"""
    def __init__(self, seats, who):
        self.who = seats.checkout(who)
        weakref.finalize(self, seats.checkin)

class Lounge(threading.Thread):
    def __init__(self, idle):
        super().__init__(name="lounge", daemon=True)
        self.idle, self.sessions = idle, {}

    def run(self):
        while True:
            time.sleep(0.5)
            now = time.monotonic()
            for who in [w for w, (_, since) in self.sessions.items() if now - since > self.idle]:
                del self.sessions[who]

class Monitor(threading.Thread):
    def __init__(self, seats):
        super().__init__(name="monitor", daemon=True)
        self.seats = seats

    def run(self):
        while True:
            self.seats.given
            time.sleep(0.5)

def main():
    seats, frames, cache = SeatServer(2), queue.Queue(), Cache()
    Monitor(seats).start()
    lounge = Lounge(LAG)
    lounge.start()
    for f in [*range(14), None, None, None]:
        frames.put(f)
    crew = [Renderer(n, seats, frames, cache) for n in range(3)]
    for r in crew:
        r.start()
    time.sleep(1.5)
    print("READY", os.getpid(), flush=True)
    for r in crew:
        r.join()

main()
