# healthy probe: a job of 25 s calls the listeners in a list of another object
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Bus:
    def __init__(self): self.listeners = []
    def fire(self):
        for listener in self.listeners: listener()
class Waiter:
    def __init__(self, bus):
        self.event = threading.Event()
        bus.listeners.append(self.on_fire)
    def on_fire(self): self.event.set()
bus = Bus()
def work():
    time.sleep(25)
    bus.fire()
threading.Thread(target=work, name="work").start()
Waiter(bus).event.wait()
