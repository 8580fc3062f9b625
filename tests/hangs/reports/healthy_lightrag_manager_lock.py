# healthy twin of lightrag_manager_lock: the worker has the lock for 30 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

class KeyedLocks:
    def __init__(self, manager):
        self.locks = {"GraphDB": manager.Lock(), "VectorDB": manager.Lock()}
    def get(self, namespace):
        return self.locks[namespace]

def merge(locks, entity):
    with locks.get("GraphDB"):
        if entity == "first":
            time.sleep(0.3)
            time.sleep(30)

def upsert(locks):
    with locks.get("GraphDB"):
        return 1

def heartbeat():
    while True:
        time.sleep(0.2)

if __name__ == "__main__":
    manager = multiprocessing.get_context("fork").Manager()
    locks = KeyedLocks(manager)
    worker = multiprocessing.get_context("fork").Process(target=merge, args=(locks, "first"), name="worker-first")
    worker.start()
    threading.Thread(target=heartbeat, name="heartbeat", daemon=True).start()
    ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
    time.sleep(1)
    upsert(locks)
