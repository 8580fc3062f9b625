# healthy: process pool future
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a process pool's result resolves a future by id
import asyncio
from concurrent.futures import ProcessPoolExecutor


def crunch(n, delay):
    time.sleep(delay)
    return n + 1


class Jobs:
    def __init__(self, pool):
        self.pool = pool
        self.results = {}

    async def start(self, key, n):
        loop = asyncio.get_running_loop()
        self.results[key] = loop.create_future()
        job = loop.run_in_executor(self.pool, crunch, n, DELAY)
        job.add_done_callback(lambda done: self.finish(key, done))

    def finish(self, key, done):
        self.results.pop(key).set_result(done.result())

    async def result(self, key):
        return await self.results[key]


async def main():
    jobs = Jobs(ProcessPoolExecutor(1))
    await jobs.start("a", 1)
    print("READY", flush=True)
    print(await jobs.result("a"))
    print("DONE", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
