# healthy: the other party of a barrier comes after 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def meet(barrier):
    time.sleep(25)
    barrier.wait()

def main():
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    context.Process(target=meet, args=(barrier,)).start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    barrier.wait()

main()
