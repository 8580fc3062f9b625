# healthy: a child is joined that waits for the lock of its sibling, which has it for 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def load(lock, seconds):
    with lock:
        time.sleep(seconds)

def main():
    context = multiprocessing.get_context("fork")
    lock = context.Lock()
    first = context.Process(target=load, args=(lock, 25))
    second = context.Process(target=load, args=(lock, 0))
    first.start()
    time.sleep(0.5)
    second.start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    second.join()
    first.join()

main()
