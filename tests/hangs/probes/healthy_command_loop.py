# healthy probe: a thread takes the lock by one command and gives it back by another one, which comes after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Device:
    def __init__(self):
        self.lock, self.commands = threading.Lock(), queue.Queue()
        threading.Thread(target=self.run, name="device", daemon=True).start()
    def run(self):
        while True:
            command = self.commands.get()
            if command == "a": self.lock.acquire()
            elif command == "r": self.lock.release()
device = Device()
def user():
    device.commands.put("a")
    time.sleep(25)
    device.commands.put("r")
threading.Thread(target=user, name="user", daemon=True).start()
time.sleep(0.3)
device.lock.acquire()
