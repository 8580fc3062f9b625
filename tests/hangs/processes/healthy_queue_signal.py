# healthy: a child that waits for a lock puts into the queue in the handler of a signal
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def produce(lock, queue):
    def on_alarm(number, frame):
        queue.put(1)
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(25)
    with lock:
        pass

def main():
    context = multiprocessing.get_context("fork")
    lock, queue = context.Lock(), context.Queue()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    with lock:
        child = context.Process(target=produce, args=(lock, queue))
        child.start()
        print(queue.get())

main()
