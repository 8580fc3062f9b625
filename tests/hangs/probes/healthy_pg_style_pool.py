# healthy probe: both connections of a self-made pool are with threads that sleep 25 s in a wrapper object
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Lease:
    def __init__(self, pool, conn): self.pool, self.conn = pool, conn
    def close(self): self.pool.free.put(self.conn)
class Pool:
    def __init__(self):
        self.free = queue.LifoQueue()
        for n in range(2): self.free.put(object())
    def lease(self): return Lease(self, self.free.get())
pool = Pool()
def user():
    lease = pool.lease()
    time.sleep(25)
    lease.close()
for n in range(4): threading.Thread(target=user, name="user-%d" % n).start()
