# two children were killed with the permits of a semaphore
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def fetch(permits):
    permits.acquire()
    os.kill(os.getpid(), signal.SIGKILL)

def main():
    context = multiprocessing.get_context("fork")
    permits = context.BoundedSemaphore(2)
    for _ in range(2):
        context.Process(target=fetch, args=(permits,)).start()
    time.sleep(1)
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    with permits:
        print("mine")

main()
