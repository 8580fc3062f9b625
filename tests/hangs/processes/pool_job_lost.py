# a worker of a pool is killed in a job, while a heartbeat goes on
import multiprocessing, os, signal, threading, time
signal.alarm(900)

def measure(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    return number

def heartbeat():
    while True:
        time.sleep(0.2)

def main():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        threading.Thread(target=heartbeat, name="heartbeat", daemon=True).start()
        ready = threading.Timer(2.5, print, ("READY",)); ready.daemon = True; ready.start()
        for value in pool.imap(measure, range(6)):
            print(value)

main()
