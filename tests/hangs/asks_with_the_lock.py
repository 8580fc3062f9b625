"""Who answers needs the lock that is held while it is asked; the service waits for a signal."""
import asyncio
import itertools
import signal
from contextlib import asynccontextmanager


class Lab:
    notebook = None


@asynccontextmanager
async def holding(lock):
    await lock.acquire()
    try:
        yield lock
    finally:
        lock.release()


async def ask(requests, answers):
    for number in itertools.count():
        async with holding(Lab.notebook):
            requests.put_nowait(number)
            await answers.get()
        await asyncio.sleep(0.2)


async def answer(requests, answers):
    while True:
        number = await requests.get()
        async with holding(Lab.notebook):
            await asyncio.sleep(0.01)
        answers.put_nowait(number)


async def beat():
    while True:
        await asyncio.sleep(0.2)


async def main():
    signal.alarm(900)
    Lab.notebook = asyncio.Lock()
    requests, answers, stop = asyncio.Queue(), asyncio.Queue(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tasks = [asyncio.ensure_future(each) for each in (ask(requests, answers), answer(requests, answers), beat())]
    await asyncio.sleep(0.5)
    print("READY", flush=True)
    await stop.wait()
    for task in tasks:
        task.cancel()


asyncio.run(main())
