# healthy: manager list thread
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a thread reads the queue of a manager and wakes the main thread
import multiprocessing
import threading


def producer(queue):
    time.sleep(DELAY)
    queue.put("row")


class Bridge(threading.Thread):
    def __init__(self, queue, arrived):
        super().__init__(daemon=True)
        self.queue = queue
        self.arrived = arrived

    def run(self):
        self.queue.get()
        self.arrived.set()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    manager = multiprocessing.Manager()
    queue = manager.Queue()
    multiprocessing.Process(target=producer, args=(queue,), daemon=True).start()
    arrived = threading.Event()
    Bridge(queue, arrived).start()
    print("READY", flush=True)
    arrived.wait()
    print("DONE", flush=True)
