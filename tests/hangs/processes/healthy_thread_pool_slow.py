# healthy: a job of a pool of threads takes 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

from multiprocessing.pool import ThreadPool

def measure(number):
    time.sleep(25 if number == 1 else 0.1)
    return number

def main():
    with ThreadPool(2) as pool:
        ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
        print(pool.map(measure, range(6), chunksize=1))

main()
