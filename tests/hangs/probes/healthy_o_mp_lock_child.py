# healthy: mp lock child
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a lock shared with a child process, which holds it
import multiprocessing
import threading


def backup(lock, begun):
    with lock:
        begun.set()
        time.sleep(DELAY)


def metrics():
    while True:
        time.sleep(0.5)


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    lock = multiprocessing.RLock()
    begun = multiprocessing.Event()
    multiprocessing.Process(target=backup, args=(lock, begun), daemon=True).start()
    begun.wait()
    threading.Thread(target=metrics, daemon=True).start()
    print("READY", flush=True)
    with lock:
        print("DONE", flush=True)
