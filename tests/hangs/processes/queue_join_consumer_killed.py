# join() of a queue whose consumer was killed before task_done()
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def consume(queue):
    while True:
        item = queue.get()
        if item == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        queue.task_done()

def main():
    context = multiprocessing.get_context("fork")
    queue = context.JoinableQueue()
    context.Process(target=consume, args=(queue,)).start()
    for item in range(4):
        queue.put(item)
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    queue.join()

main()
