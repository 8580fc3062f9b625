# healthy: a callback keeps the thread of a pool that hands out results for 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    return number

def store(number):
    time.sleep(25)

def main():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        first = pool.apply_async(measure, (1,), callback=store)
        second = pool.apply_async(measure, (2,))
        ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
        print(first.get(), second.get())

main()
