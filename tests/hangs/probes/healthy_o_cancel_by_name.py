# healthy: cancel by name
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: a manager cancels the watchers of a channel
import asyncio


class Watchers:
    def __init__(self):
        self.tasks = {}

    def start(self, name, coro):
        task = asyncio.create_task(coro, name=name)
        self.tasks[name] = task
        return task

    def stop(self, name):
        self.tasks.pop(name).cancel()


async def watch(changes):
    while True:
        change = await changes.get()
        print(change)


async def lifetime(watchers):
    await asyncio.sleep(DELAY)
    watchers.stop("prices")


async def main():
    watchers = Watchers()
    task = watchers.start("prices", watch(asyncio.Queue()))
    guard = asyncio.create_task(lifetime(watchers))
    print("READY", flush=True)
    try:
        await task
    except asyncio.CancelledError:
        print("watcher stopped")
    await guard
    print("DONE", flush=True)


asyncio.run(main())
