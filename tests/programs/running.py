"""Tasks that are on a thread's stack: they run, block their loop, or take their eager first step.

Each case has a loop in a thread of its own which it never gives back, so that
the task's chain goes on into the thread's synchronous frames.
"""

import asyncio
import functools
import threading
import time

from cases import VERSION, also, case, ignore, keep, loop_in_thread, main, never

FOREVER_S = 3600


def block(loop_name, coroutine, *following):
    """Runs `coroutine` in a loop of its own, where it blocks; `following` are queued behind it."""
    loop = loop_in_thread(loop_name)
    entered = threading.Event()

    def start():
        for body in [coroutine(entered)] + [later() for later in following]:
            also(keep(loop.create_task(body)))

    loop.call_soon_threadsafe(start)
    entered.wait()


def sleep_here(entered):
    entered.set()
    time.sleep(FOREVER_S)


# ---------------------------------------------------------------- coroutines that block


@case
async def in_the_coroutine_itself():
    async def blocks(entered):
        entered.set()
        time.sleep(FOREVER_S)

    block("itself", blocks)
    await never()


@case
async def in_a_helper():
    async def blocks(entered):
        sleep_here(entered)

    block("helper", blocks)
    await never()


@case
async def in_helpers_of_helpers():
    class Client:
        def fetch(self, entered):
            return self.retry(lambda: self.send(entered))

        def retry(self, attempt):
            while True:
                attempt()

        @staticmethod
        def send(entered):
            sleep_here(entered)

    async def handler(entered):
        Client().fetch(entered)

    async def middleware(entered):
        await handler(entered)

    async def serve(entered):
        await middleware(entered)

    block("helpers", serve)
    await never()


@case
async def below_an_async_generator():
    async def rows(entered):
        sleep_here(entered)
        yield

    async def blocks(entered):
        async for _ in rows(entered):
            pass

    block("async-gen", blocks)
    await never()


@case
async def below_a_generator():
    def rows(entered):
        sleep_here(entered)
        yield

    async def blocks(entered):
        for _ in rows(entered):
            pass

    block("gen", blocks)
    await never()


@case
async def below_an_await_method():
    class Slow:
        def __init__(self, entered):
            self.entered = entered

        def __await__(self):
            sleep_here(self.entered)
            yield

    async def blocks(entered):
        await Slow(entered)

    block("await-method", blocks)
    await never()


@case
async def below_calls_from_c():
    def key(entered):
        sleep_here(entered)

    async def blocks(entered):
        sorted([entered], key=functools.partial(map_once, key))

    block("from-c", blocks)
    await never()


def map_once(function, argument):
    return list(map(function, [argument]))


@case
async def on_a_lock():
    lock = keep(threading.Lock())
    lock.acquire()

    async def blocks(entered):
        entered.set()
        with lock:
            pass

    block("lock", blocks)
    await never()


@case
async def after_being_resumed():
    async def blocks(entered):
        await asyncio.sleep(0)
        await resumed(entered)

    async def resumed(entered):
        await asyncio.sleep(0.01)
        sleep_here(entered)

    block("resumed", blocks)
    await never()


@case
async def others_are_ready_meanwhile():
    async def blocks(entered):
        await asyncio.sleep(0)
        sleep_here(entered)

    async def queued_behind():
        await asyncio.sleep(0)

    block("others-ready", blocks, never, queued_behind)
    await never()


@case
async def in_a_callback_of_no_task():
    loop = loop_in_thread("callback")
    entered = threading.Event()
    loop.call_soon_threadsafe(sleep_here, entered)
    entered.wait()
    await never()


# ---------------------------------------------------------------- eager first steps


if VERSION >= (3, 12):

    @case
    async def eager_first_step():
        async def blocks(entered):
            sleep_here(entered)

        async def parent(entered):
            ignore(asyncio.current_task())
            asyncio.eager_task_factory(asyncio.get_running_loop(), eager(entered), name="eager")

        async def eager(entered):
            also(asyncio.current_task())
            await blocks(entered)

        block("eager", parent)
        await never()


if __name__ == "__main__":
    main()
