import asyncio, collections, functools, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
Slot = collections.namedtuple("Slot", "name job")


def open_slots(kinds, into):
    for kind in kinds:
        into.append(Slot(kind, asyncio.ensure_future(wait_for_work(kind))))
    return asyncio.ensure_future(wait_for_work("extra"))


async def wait_for_work(kind):
    cond = asyncio.Condition()
    async with cond:
        await cond.wait()


def drop(slots, extra):
    collections.deque(map(asyncio.Task.cancel, [*(s[-1] for s in slots), extra]), maxlen=0)


async def main():
    slots = []
    extra = open_slots(("mail", "sms"), slots)
    asyncio.get_running_loop().call_later(LAG, functools.partial(drop, extra=extra, slots=slots))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    while pending := [j for _, j in slots if not j.done()]:
        await asyncio.wait(pending)
    print("ENDED", flush=True)


asyncio.run(main())
