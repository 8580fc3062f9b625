# healthy: a job of a pool (forkserver) takes 25 s
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    time.sleep(25 if number == 1 else 0.1)
    return number

def main():
    with multiprocessing.get_context("forkserver").Pool(2) as pool:
        ready = threading.Timer(3, print, ("READY",)); ready.daemon = True; ready.start()
        print(pool.map(measure, range(6), chunksize=1))

if __name__ == "__main__":
    main()
