# healthy: a pool has many short jobs in one call
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    time.sleep(0.05)
    return number

def main():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
        print(sum(pool.map(measure, range(1200), chunksize=1)))

main()
