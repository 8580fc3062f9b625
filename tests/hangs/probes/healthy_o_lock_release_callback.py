# healthy: lock release callback
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: the lock is given back by the done-callback of the task
import asyncio


class Exclusive:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def start(self, coro):
        await self.lock.acquire()
        task = asyncio.create_task(coro)
        task.add_done_callback(self._release)
        return task

    def _release(self, task):
        self.lock.release()


async def job(seconds):
    await asyncio.sleep(seconds)


async def main():
    exclusive = Exclusive()
    await exclusive.start(job(DELAY))
    print("READY", flush=True)
    second = await exclusive.start(job(0.1))
    await second
    print("DONE", flush=True)


asyncio.run(main())
