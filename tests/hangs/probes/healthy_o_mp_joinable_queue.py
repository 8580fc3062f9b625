# healthy: mp joinable queue
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# main joins a JoinableQueue whose consumer is a child process
import multiprocessing


def consumer(tasks):
    while True:
        tasks.get()
        time.sleep(DELAY / 2)
        tasks.task_done()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    tasks = multiprocessing.JoinableQueue()
    multiprocessing.Process(target=consumer, args=(tasks,), daemon=True).start()
    tasks.put("a")
    tasks.put("b")
    print("READY", flush=True)
    tasks.join()
    print("DONE", flush=True)
