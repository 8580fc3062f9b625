# healthy: a child holds the lock for 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def save(lock):
    with lock:
        time.sleep(25)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    lock = context.Lock()
    child = context.Process(target=save, args=(lock,))
    child.start()
    time.sleep(0.5)
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    with lock:
        print("saved")
    child.join()
