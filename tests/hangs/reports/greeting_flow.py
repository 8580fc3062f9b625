# Flow runner: tasks run in a thread pool; each may name futures of other tasks that it has to wait for.
import logging
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

signal.alarm(900)


class TaskRunner:
    def __init__(self, threads):
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="task")
        self.finished = 0

    def submit(self, function, *args, wait_for=()):
        return self.pool.submit(self.run_when_ready, function, args, wait_for)

    def run_when_ready(self, function, args, wait_for):
        time.sleep(0.1)
        for upstream in wait_for:
            upstream.result()
        result = function(*args)
        self.finished += 1
        return result


def say_hello(name):
    time.sleep(0.4)
    return f"Hello {name}!"


def greeting_flow(runner, names):
    greetings = []
    for name in names:
        future = runner.submit(say_hello, name, wait_for=greetings)
        greetings.append(future)
    return [future.result() for future in greetings]


class EventPublisher(threading.Thread):
    def run(self):
        while True:
            time.sleep(3)
            logging.debug("published")


def main():
    runner = TaskRunner(4)
    EventPublisher(name="events", daemon=True).start()
    ready = threading.Timer(2, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    while True:
        greeting_flow(runner, ["Person 0", "Person 1", "Person 2"])
        time.sleep(1)


main()
