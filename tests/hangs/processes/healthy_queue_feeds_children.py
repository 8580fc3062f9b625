# healthy: a child is joined that waits for what a thread puts after 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def pass_on(queue, other):
    other.put(queue.get())

def feed(queue):
    time.sleep(25)
    queue.put(1)

def main():
    context = multiprocessing.get_context("fork")
    queue, other = context.Queue(), context.Queue()
    child = context.Process(target=pass_on, args=(queue, other))
    child.start()
    threading.Thread(target=feed, args=(queue,), name="feed").start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    child.join()

main()
