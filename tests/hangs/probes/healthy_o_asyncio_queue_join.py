# healthy: asyncio queue join
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: queue.join() with a slow worker using a context manager for task_done
import asyncio
import contextlib


class Inbox(asyncio.Queue):
    @contextlib.asynccontextmanager
    async def item(self):
        item = await self.get()
        try:
            yield item
        finally:
            self.task_done()


async def worker(inbox):
    while True:
        async with inbox.item() as item:
            await asyncio.sleep(item)


async def main():
    inbox = Inbox()
    tasks = [asyncio.create_task(worker(inbox)) for _ in range(2)]
    for seconds in (0.1, DELAY, 0.1):
        inbox.put_nowait(seconds)
    print("READY", flush=True)
    await inbox.join()
    print("DONE", flush=True)


asyncio.run(main())
