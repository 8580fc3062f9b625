# a spawned worker of a pool is killed in a job
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number

def main():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        ready = threading.Timer(4, print, ("READY",)); ready.daemon = True; ready.start()
        print(pool.map(measure, range(6), chunksize=1))

if __name__ == "__main__":
    main()
