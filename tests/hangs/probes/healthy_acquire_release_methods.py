# healthy probe: a thread has called begin() of a transaction and sleeps 25 s before commit()
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Store:
    def __init__(self): self.lock = threading.Lock()
    def begin(self): self.lock.acquire()
    def commit(self): self.lock.release()
class User:
    def __init__(self, store): self.store = store
    def work(self):
        self.store.begin()
        time.sleep(25)
        self.store.commit()
store = Store()
threading.Thread(target=User(store).work, name="user-0").start()
time.sleep(0.3)
User(store).work()
