"""One thread that holds the GIL for ever inside C code, and others that want it.

READY is printed by the holder as the last Python code that ever runs here: from
then on no other thread gets the GIL. (Not for free-threaded builds.)
"""

import collections
import itertools
import sys
import threading
import time

import cases
import oracle


def hold(announcement):
    collections.deque(itertools.chain(announcement, itertools.repeat(None)), maxlen=0)


def announce(known):
    cases.write(sys.argv[1], known)
    cases.ready(sys.argv[1])
    yield


def spin():
    while True:
        pass


def main():
    cases.arm()
    natives = {}

    def start(name, function, *arguments):
        started = threading.Event()

        def run():
            natives[name] = oracle.own_native_id()
            started.set()
            function(*arguments)

        threading.Thread(target=run, name=name, daemon=True).start()
        started.wait()

    start("sleeper", time.sleep, 3600)
    for name in ("spinner-1", "spinner-2"):
        start(name, spin)
    natives["MainThread"] = oracle.own_native_id()
    hold(announce({"native_ids": natives}))


if __name__ == "__main__":
    main()
