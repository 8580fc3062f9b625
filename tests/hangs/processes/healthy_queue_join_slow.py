# healthy: a child needs 5 s for each item of a queue that is joined
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def consume(queue):
    while True:
        queue.get()
        time.sleep(5)
        queue.task_done()

def main():
    context = multiprocessing.get_context("fork")
    queue = context.JoinableQueue()
    context.Process(target=consume, args=(queue,), daemon=True).start()
    for item in range(6):
        queue.put(item)
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    queue.join()

main()
