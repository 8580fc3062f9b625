# healthy: a lock that this process took is given back by another child after 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def use(lock):
    with lock:
        pass

def give_back(lock):
    time.sleep(25)
    lock.release()

def main():
    context = multiprocessing.get_context("fork")
    lock = context.Lock()
    lock.acquire()
    user = context.Process(target=use, args=(lock,))
    user.start()
    context.Process(target=give_back, args=(lock,)).start()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    user.join()

main()
