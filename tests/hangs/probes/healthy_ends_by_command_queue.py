# somebody alive ends the wait after 45 s: A command (bound method) goes through a queue to an executor task: feeder sleeps 45 s, then puts it.
import signal
signal.alarm(900)
import asyncio, functools
async def execute(q):
    while True:
        cmd = await q.get()
        cmd()
async def feed(q, cmd):
    await asyncio.sleep(45)
    await q.put(cmd)
async def waiter(ev):
    await asyncio.wait_for(ev.wait(), 900)
async def main():
    ev, q = asyncio.Event(), asyncio.Queue()
    keep = [asyncio.create_task(execute(q)), asyncio.create_task(feed(q, functools.partial(ev.set)))]
    print("READY", flush=True)
    await asyncio.create_task(waiter(ev), name="waiter")
    print("ENDED", flush=True)
asyncio.run(main())
