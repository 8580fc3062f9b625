# healthy: a thread of this process puts into the queue
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def produce(queue):
    time.sleep(20)
    queue.put(1)

def main():
    queue = multiprocessing.get_context("fork").Queue()
    threading.Thread(target=produce, args=(queue,), name="producer").start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    print(queue.get())

main()
