# healthy: a pool has nothing to do between two calls
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    return number

def heartbeat():
    while True:
        time.sleep(0.2)

def main():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        threading.Thread(target=heartbeat, name="heartbeat", daemon=True).start()
        ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
        while True:
            pool.map(measure, range(4))
            time.sleep(20)

main()
