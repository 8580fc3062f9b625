# healthy: a thread starts a process of a class of its own, which puts into a queue
import multiprocessing, os, signal, threading, time
signal.alarm(900)

context = multiprocessing.get_context("fork")

class Worker(context.Process):
    def __init__(self, queue):
        super().__init__()
        self.queue = queue
    def run(self):
        time.sleep(15)
        self.queue.put(1)

def start_later(queue):
    time.sleep(10)
    Worker(queue).start()

def main():
    queue = context.Queue()
    threading.Thread(target=start_later, args=(queue,), name="later").start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    print(queue.get())

main()
