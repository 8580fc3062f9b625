"""A thread writes into a full pipe, which another thread of the process empties slowly."""
import os, signal, threading, time
signal.alarm(900)


def write(writing):
    while True:
        os.write(writing, b"line\n" * 13107)


def read(reading):
    while True:
        time.sleep(3)
        os.read(reading, 65536)


def main():
    reading, writing = os.pipe()
    threads = [
        threading.Thread(target=write, args=(writing,), name="writer"),
        threading.Thread(target=read, args=(reading,), name="reader"),
    ]
    for thread in threads:
        thread.start()
    print("READY", flush=True)
    for thread in threads:
        thread.join()


main()
