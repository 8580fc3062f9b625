# healthy: a timer of this process gives the lock back
import multiprocessing, os, signal, threading, time
signal.alarm(900)

if __name__ == "__main__":
    lock = multiprocessing.get_context("fork").Lock()
    lock.acquire()
    later = threading.Timer(25, lock.release)
    later.start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    with lock:
        print("mine")
