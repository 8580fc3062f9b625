# the only producer of a queue has died, and one item is still needed
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def produce(queue):
    queue.put(1)
    time.sleep(0.3)
    os._exit(1)

def heartbeat():
    while True:
        time.sleep(0.2)

def main():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    context.Process(target=produce, args=(queue,)).start()
    threading.Thread(target=heartbeat, name="heartbeat", daemon=True).start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    print(queue.get(), queue.get())

main()
