"""Three hundred threads that sleep: `many_threads.py TRUTH.json`."""

import sys
import threading
import time

import cases
import oracle

COUNT = 300


def sleep():
    time.sleep(3600)


def main():
    cases.arm()
    natives = {}
    counted = threading.Semaphore(0)

    def run(name):
        natives[name] = oracle.own_native_id()
        counted.release()
        sleep()

    for number in range(COUNT):
        name = "worker-{}".format(number)
        threading.Thread(target=run, args=(name,), name=name, daemon=True).start()
    for _ in range(COUNT):
        counted.acquire()
    cases.publish_when_at_rest(native_ids=natives)
    threading.Event().wait()


if __name__ == "__main__":
    main()
