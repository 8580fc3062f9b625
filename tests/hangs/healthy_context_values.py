"""Two queues in context variables, among many others: a heartbeat fills the one often and the other once a minute."""
import asyncio
import contextvars
import signal

JOBS = contextvars.ContextVar("jobs")
BEATS = contextvars.ContextVar("beats")
# The mapping of a context with so many has nodes of several kinds.
OTHERS = [contextvars.ContextVar("other-%d" % number) for number in range(60)]


async def work():
    while True:
        job = await JOBS.get().get()
        print(job)


async def beat():
    rounds = 0
    while True:
        await asyncio.sleep(0.2)
        BEATS.get().put_nowait(1)
        rounds += 1
        if rounds % 300 == 0:
            JOBS.get().put_nowait("job")


async def count():
    while True:
        await BEATS.get().get()


async def main():
    signal.alarm(900)
    for number, other in enumerate(OTHERS):
        other.set(number)
    JOBS.set(asyncio.Queue())
    BEATS.set(asyncio.Queue())
    worker = asyncio.ensure_future(work())
    tasks = [asyncio.ensure_future(beat()), asyncio.ensure_future(count())]
    await asyncio.sleep(0.5)
    print("READY", flush=True)
    await worker
    for task in tasks:
        task.cancel()


asyncio.run(main())
