"""Event loops: their class, thread, timers, ready callbacks, and whether they run."""

import asyncio
import threading
import time

from cases import case, keep, loop_in_thread, main, never, until, watch_loop

FOREVER_S = 3600


@case
async def with_timers():
    loop = loop_in_thread("timers")
    for delay in (1, 2, 3):
        loop.call_soon_threadsafe(loop.call_later, FOREVER_S * delay, print)
    await never()


@case
async def blocked_with_ready_callbacks():
    loop = loop_in_thread("ready")
    entered = threading.Event()

    def block():
        for _ in range(5):
            loop.call_soon(print)
        entered.set()
        time.sleep(FOREVER_S)

    loop.call_soon_threadsafe(block)
    entered.wait()
    await never()


@case
async def in_debug_mode():
    loop = loop_in_thread("debug", debug=True)

    async def child():
        await never()

    async def parent():
        keep(loop.create_task(child()))
        await never()

    tasks = []

    def start():
        tasks.append(loop.create_task(parent()))

    loop.call_soon_threadsafe(start)
    await until(lambda: tasks and tasks[0]._fut_waiter)
    await never()


@case
async def of_an_own_class():
    class TunedLoop(asyncio.SelectorEventLoop):
        pass

    loop_in_thread("tuned", TunedLoop())
    await never()


@case
async def stopped_with_a_task():
    stopped = watch_loop(asyncio.new_event_loop())
    keep(stopped.create_task(never()))
    await never()


@case
async def closed_with_a_task():
    closed = watch_loop(asyncio.new_event_loop())
    task = keep(closed.create_task(never()))
    closed.close()
    del task
    await never()


@case
async def two_that_idle():
    loop_in_thread("idle-1")
    loop_in_thread("idle-2")
    await never()


if __name__ == "__main__":
    main()
