# healthy: the jobs of a pool come from a generator that needs 25 s for one
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    return number

def numbers():
    for number in range(3):
        yield number
        time.sleep(25)

def main():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
        for value in pool.imap(measure, numbers()):
            print(value)

main()
