# a worker process is killed while it holds a multiprocessing lock, for which the others wait (rebuilds uqfoundation/pathos issue 266)
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def work(n, lock):
    signal.alarm(900)
    time.sleep(0.1 * n)
    with lock:
        time.sleep(0.3)
        if n == 0:
            os.kill(os.getpid(), signal.SIGKILL)    # what the OOM killer does

def main():
    ctx = multiprocessing.get_context("fork")
    lock = ctx.Lock()
    workers = [ctx.Process(target=work, args=(n, lock), name="worker-%d" % n) for n in range(3)]
    for w in workers:
        w.start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    for w in workers:
        w.join()
    while True:
        time.sleep(1)

main()
