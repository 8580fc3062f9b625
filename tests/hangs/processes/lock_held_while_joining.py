# a process joins its child with a lock that the child needs
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def load(lock, name):
    with lock:
        print(name)

def main():
    context = multiprocessing.get_context("fork")
    lock = context.Lock()
    child = context.Process(target=load, args=(lock, "a"))
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    with lock:
        child.start()
        child.join()

main()
