# healthy: each worker of a pool does one job of 8 s and is replaced
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    time.sleep(8)
    return number

def main():
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
        print(pool.map(measure, range(6), chunksize=1))

main()
