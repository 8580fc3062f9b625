# a result of a pool of threads is waited for after the pool was terminated
import multiprocessing, os, signal, threading, time
signal.alarm(900)

from multiprocessing.pool import ThreadPool

def measure(number):
    time.sleep(3)
    return number

def main():
    with ThreadPool(2) as pool:
        results = [pool.apply_async(measure, (number,)) for number in range(4)]
        time.sleep(0.1)
    ready = threading.Timer(8, print, ("READY",)); ready.daemon = True; ready.start()
    print([result.get() for result in results])

main()
