# healthy: taskgroup condition
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: a bounded store with a Condition in a TaskGroup
import asyncio


class Store:
    def __init__(self):
        self.items = []
        self.changed = asyncio.Condition()

    async def add(self, item):
        async with self.changed:
            self.items.append(item)
            self.changed.notify()

    async def take(self, count):
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.items) >= count)
            return self.items[:count]


async def supplier(stores):
    for store in stores:
        await store.add("first")
        await asyncio.sleep(DELAY)
        await store.add("second")


async def buyer(store):
    print(await store.take(2))


async def main():
    store = Store()
    async with asyncio.TaskGroup() as group:
        group.create_task(buyer(store))
        group.create_task(supplier(iter([store])))
        print("READY", flush=True)
    print("DONE", flush=True)


asyncio.run(main())
