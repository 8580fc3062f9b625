# healthy: a child puts an item every 20 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def produce(queue):
    while True:
        time.sleep(20)
        queue.put(1)

def main():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    context.Process(target=produce, args=(queue,), daemon=True).start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    print(queue.get(), queue.get())

main()
