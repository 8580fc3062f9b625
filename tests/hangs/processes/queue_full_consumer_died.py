# a bounded queue is full, and its consumer has ended
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def consume(queue):
    queue.get()

def main():
    context = multiprocessing.get_context("fork")
    queue = context.Queue(2)
    context.Process(target=consume, args=(queue,)).start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    for item in range(5):
        queue.put(item)

main()
