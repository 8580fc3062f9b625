# healthy probe: the lock is taken in one thread and given back by the job of another one after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Job:
    def __init__(self, done): self.done = done
    def run(self):
        time.sleep(25)
        self.done()
class Store:
    def __init__(self):
        self.lock, self.jobs = threading.Lock(), queue.Queue()
        threading.Thread(target=self.worker, name="worker", daemon=True).start()
    def worker(self):
        while True: self.jobs.get().run()
    def begin(self):
        self.lock.acquire()
        self.jobs.put(Job(self.lock.release))
store = Store()
t = threading.Thread(target=store.begin); t.start(); t.join()
store.begin()
