# the child that would set an event was killed
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def prepare(ready):
    os.kill(os.getpid(), signal.SIGKILL)
    ready.set()

def main():
    context = multiprocessing.get_context("fork")
    prepared = context.Event()
    context.Process(target=prepare, args=(prepared,)).start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    prepared.wait()

main()
