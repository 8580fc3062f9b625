import os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Clock:
    def __init__(self):
        self.fd = os.timerfd_create(time.CLOCK_MONOTONIC)
        self.struck = threading.Event()

    def wind(self, seconds):
        os.timerfd_settime(self.fd, initial=seconds)

    def listen(self):
        self.strokes = int.from_bytes(os.read(self.fd, 8), "little")
        self.struck.set()


clock = Clock()
clock.wind(LAG)
threading.Thread(target=clock.listen, name="clock").start()
threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True)).start()
clock.struck.wait()
print("ENDED", clock.strokes, flush=True)
