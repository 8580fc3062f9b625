"""A service of threads: the main one waits for SIGTERM, a worker for jobs that another one brings."""
import queue
import signal
import threading
import time

changed = threading.Condition()


def bring(jobs):
    while True:
        time.sleep(8)
        jobs.put("job")
        with changed:
            changed.notify_all()


def work(jobs):
    while True:
        jobs.get()


def follow():
    while True:
        with changed:
            changed.wait()


def main():
    signal.alarm(900)
    jobs, stop = queue.Queue(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    for target, args in ((bring, (jobs,)), (work, (jobs,)), (follow, ())):
        threading.Thread(target=target, args=args, name=target.__name__, daemon=True).start()
    time.sleep(0.3)
    print("READY", flush=True)
    stop.wait()


main()
