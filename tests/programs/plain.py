"""A program without asyncio: one thread that sleeps, the main thread that waits for it.

    plain.py TRUTH.json

Uses nothing of this directory, so that it also runs where this is all there is.
"""

import os
import signal
import sys
import threading
import time


def work():
    time.sleep(3600)


def wait(thread):
    thread.join()


def main():
    signal.alarm(600)
    thread = threading.Thread(target=work, name="worker", daemon=True)
    thread.start()
    print("READY", sys.argv[1] if len(sys.argv) > 1 else os.getpid(), flush=True)
    wait(thread)


if __name__ == "__main__":
    main()
