# healthy: a child (forkserver) sets an event after 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def prepare(prepared):
    time.sleep(25)
    prepared.set()

def main():
    context = multiprocessing.get_context("forkserver")
    prepared = context.Event()
    context.Process(target=prepare, args=(prepared,)).start()
    ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
    prepared.wait()

if __name__ == "__main__":
    main()
