# a child is killed while it holds a multiprocessing lock
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def save(lock):
    lock.acquire()
    os.kill(os.getpid(), signal.SIGKILL)

def heartbeat():
    while True:
        time.sleep(0.2)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    lock = context.Lock()
    child = context.Process(target=save, args=(lock,))
    child.start()
    child.join()
    threading.Thread(target=heartbeat, name="heartbeat", daemon=True).start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    with lock:
        print("saved")
