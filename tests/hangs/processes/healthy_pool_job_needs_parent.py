# healthy: a job of a pool waits for what a thread of the parent puts after 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

context = multiprocessing.get_context("fork")
queue = context.Queue()

def take(number):
    return queue.get()

def feed():
    time.sleep(25)
    queue.put(1)

def main():
    with context.Pool(1) as pool:
        threading.Thread(target=feed, name="feed").start()
        ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
        print(pool.map(take, range(1)))

main()
