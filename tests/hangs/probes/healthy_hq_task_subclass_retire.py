import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
BY_KIND = {}


class Job(asyncio.Task):
    def __init__(self, coro, **kw):
        super().__init__(coro, **kw)
        BY_KIND.setdefault(coro.__qualname__, {})[id(self)] = self

    def retire(self, why="shutdown"):
        return super().cancel(why)


def factory(loop, coro, **kw):
    return Job(coro, loop=loop, **kw)


async def listener():
    await asyncio.Event().wait()


async def main():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)

    async def retire_all(kind):
        await asyncio.sleep(LAG)
        [job.retire() for job in BY_KIND[kind].values()]

    tasks = [loop.create_task(listener()) for _ in range(2)]
    boss = loop.create_task(retire_all("listener"))
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    print("ENDED", await asyncio.gather(*tasks, return_exceptions=True), flush=True)
    await boss


asyncio.run(main())
