# a worker was killed while it had tqdm's lock, which is shared by all processes (rebuilds tqdm/tqdm issue 1500)
import multiprocessing, os, signal, threading
from tqdm import tqdm
signal.alarm(900)

def work():
    with tqdm.get_lock():
        os.kill(os.getpid(), signal.SIGKILL)

def report(names):
    for name in tqdm(names):
        pass

if __name__ == "__main__":
    ctx = multiprocessing.get_context("fork")
    tqdm.get_lock()
    p = ctx.Process(target=work)
    p.start()
    p.join()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    report(["a", "b"])
