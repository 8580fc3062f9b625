# healthy probe: a generator in the run queue of a scheduler sets the event in 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Sim:
    def __init__(self):
        self.processes = collections.deque()
        threading.Thread(target=self.run, name="sim", daemon=True).start()
    def run(self):
        while True:
            time.sleep(0.1)
            for process in list(self.processes): next(process)
def process(event):
    end = time.monotonic() + 25
    while time.monotonic() < end: yield
    event.set()
    yield
sim = Sim()
def start():
    event = threading.Event()
    sim.processes.append(process(event))
    event.wait()
start()
