# healthy twin of tqdm_killed_worker: the worker has the lock for 25 s
import multiprocessing, os, signal, threading, time
from tqdm import tqdm
signal.alarm(900)

def work():
    with tqdm.get_lock():
        time.sleep(25)

def report(names):
    for name in tqdm(names):
        pass

if __name__ == "__main__":
    ctx = multiprocessing.get_context("fork")
    tqdm.get_lock()
    p = ctx.Process(target=work)
    p.start()
    time.sleep(0.5)
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    report(["a", "b"])
