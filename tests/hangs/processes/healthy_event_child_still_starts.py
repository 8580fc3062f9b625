# healthy: a spawned child imports its modules for 25 s before it sets an event
import multiprocessing, os, signal, threading, time
signal.alarm(900)

if __name__ == "__mp_main__":
    time.sleep(25)

def prepare(prepared):
    prepared.set()

def main():
    context = multiprocessing.get_context("spawn")
    prepared = context.Event()
    context.Process(target=prepare, args=(prepared,)).start()
    ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
    prepared.wait()

if __name__ == "__main__":
    main()
