"""Threads of every sort, each asleep in its own way, one case each."""

import _thread
import asyncio
import concurrent.futures
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import oracle
from cases import case, keep, main, never, sleep_in_thread, this_thread

FOREVER_S = 3600


def sleep():
    time.sleep(FOREVER_S)


def start(function, **options):
    """A thread of the current case, named after it."""
    return sleep_in_thread(function, **options)


# ---------------------------------------------------------------- where it sleeps


@case
async def time_sleep():
    start(sleep)
    await never()


@case
async def event_wait():
    start(keep(threading.Event()).wait)
    await never()


@case
async def event_wait_with_timeout():
    start(lambda: keep(threading.Event()).wait(FOREVER_S))
    await never()


@case
async def lock_acquire():
    lock = keep(threading.Lock())
    lock.acquire()
    start(lambda: lock.acquire())
    await never()


@case
async def rlock_acquire():
    lock = keep(threading.RLock())
    lock.acquire()

    def wait():
        with lock:
            pass

    start(wait)
    await never()


@case
async def condition_wait():
    condition = keep(threading.Condition())

    def wait():
        with condition:
            condition.wait()

    start(wait)
    await never()


@case
async def queue_get():
    start(keep(queue.Queue()).get)
    await never()


@case
async def pipe_read():
    end, _ = keep(os.pipe())
    start(lambda: os.read(end, 1))
    await never()


@case
async def socket_recv():
    pair = keep(socket.socketpair())
    start(lambda: pair[0].recv(1))
    await never()


@case
async def socket_accept():
    listening = keep(socket.socket())
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    start(listening.accept)
    await never()


@case
async def select_poll():
    pair = keep(socket.socketpair())
    poll = select.poll()
    poll.register(pair[0], select.POLLIN)
    start(poll.poll)
    await never()


@case
async def join_of_another_thread():
    sleeping = start(sleep, name="join_of_another_thread/sleeping")
    start(sleeping.join)
    await never()


@case
async def subprocess_wait():
    # The child dies with its pipe: when this process ends, `cat` reads the end of it.
    child = keep(subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL))
    start(child.wait)
    await never()


@case
async def signal_wait():
    start(lambda: signal.sigwait([signal.SIGUSR2]))
    await never()


# ---------------------------------------------------------------- pools


@case
async def pool_idle_and_busy_workers():
    pool = keep(
        concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix="io", initializer=this_thread)
    )
    asyncio.get_event_loop().set_default_executor(pool)
    both = threading.Barrier(3)
    futures = [pool.submit(both.wait) for _ in range(2)]
    both.wait()
    concurrent.futures.wait(futures)
    pool.submit(sleep)
    await never()


@case
async def timer_thread():
    timer = keep(threading.Timer(FOREVER_S, print))
    timer.daemon = True
    timer.start()
    await never()


# ---------------------------------------------------------------- names


@case
async def name_non_ascii():
    start(sleep, name="поток-\U0001F600-ß")
    await never()


@case
async def name_very_long():
    start(sleep, name="a-name-far-longer-than-the-fifteen-bytes-the-kernel-keeps")
    await never()


@case
async def name_empty():
    start(sleep, name=" ")
    await never()


@case
async def name_with_newline():
    start(sleep, name="two\nlines")
    await never()


@case
async def renamed_after_start():
    thread = start(sleep, name="renamed_after_start/before")
    thread.name = "renamed_after_start/after"
    await never()


@case
async def not_daemon():
    start(sleep, daemon=False)
    await never()


@case
async def thread_subclass():
    class Worker(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True, name="thread_subclass")
            self.extra = "attribute"

        def run(self):
            this_thread()
            sleep()

    Worker().start()
    await never()


@case
async def not_started_by_threading():
    def run():
        this_thread()
        sleep()

    _thread.start_new_thread(run, ())
    await never()


@case
async def daemonic_name_from_threading_of_a_foreign_thread():
    def run():
        this_thread()
        threading.current_thread()  # registers a _DummyThread
        sleep()

    _thread.start_new_thread(run, ())
    await never()


# ---------------------------------------------------------------- shapes of stacks


@case
async def recursion_300_deep():
    def recurse(depth):
        if depth:
            recurse(depth - 1)
        else:
            sleep()

    start(lambda: recurse(300))
    await never()


@case
async def methods_of_classes():
    class Outer:
        class Inner:
            def method(self):
                self.static_method()

            @staticmethod
            def static_method():
                Outer.class_method()

        @classmethod
        def class_method(cls):
            sleep()

    start(Outer.Inner().method)
    await never()


@case
async def class_body():
    def define():
        class Slow:
            attribute = sleep()

        return Slow

    start(define)
    await never()


@case
async def executed_text():
    text = compile("def inner():\n    sleep()\n\ninner()", "<generated>", "exec")
    start(lambda: exec(text, {"sleep": sleep}))
    await never()


@case
async def generator_and_expression():
    def rows():
        sleep()
        yield 1

    start(lambda: sum(row for row in rows()))
    await never()


@case
async def comprehension():
    start(lambda: [sleep() for _ in range(2)])
    await never()


@case
async def called_from_c():
    start(lambda: sorted([1], key=lambda _: list(map(lambda _: sleep(), [1]))))
    await never()


@case
async def operators_and_descriptors():
    class Slow:
        def __add__(self, other):
            return self.attribute

        @property
        def attribute(self):
            return self["key"]

        def __getitem__(self, key):
            return format(self)

        def __format__(self, specification):
            sleep()
            return ""

    start(lambda: Slow() + 1)
    await never()


@case
async def statement_over_several_lines():
    def nested(
        *arguments,
    ):
        return max(
            1,
            *arguments,
            sleep(),
        )

    start(lambda: nested(
        1,
        2,
    ))
    await never()


@case
async def driven_by_hand():
    """A coroutine that a thread drives without any loop."""

    async def inner():
        sleep()

    async def outer():
        await inner()

    def drive():
        outer().send(None)

    start(drive)
    await never()


@case
async def in_exception_handler():
    def handle():
        try:
            raise ValueError
        except ValueError:
            try:
                sleep()
            finally:
                pass

    start(handle)
    await never()


@case
async def trace_function():
    def traced():
        sleep()

    def trace(frame, event, argument):
        return trace

    def run():
        sys.settrace(trace)
        traced()

    start(run)
    await never()


if __name__ == "__main__":
    oracle.here()
    main()
