import asyncio, functools, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class StopGroup(Exception):
    pass


async def leave():
    raise StopGroup


async def subscriber(feed):
    async for item in feed:
        print("item", item)


class Feed:
    def __aiter__(self):
        return self

    async def __anext__(self):
        return await asyncio.get_running_loop().create_future()


async def main():
    try:
        async with asyncio.TaskGroup() as tg:
            for _ in range(2):
                tg.create_task(subscriber(Feed()))
            asyncio.get_running_loop().call_later(LAG, lambda: tg.create_task(leave()))
            asyncio.get_running_loop().call_later(0.5, functools.partial(print, "READY", os.getpid(), flush=True))
    except* StopGroup:
        print("ENDED", flush=True)


asyncio.run(main())
