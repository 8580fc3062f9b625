import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Download:
    def __init__(self):
        self.limit = None
        self.chunks = asyncio.Queue()

    async def run(self):
        async with asyncio.timeout(None) as self.limit:
            while True:
                print(await self.chunks.get())


async def tighten(downloads):
    await asyncio.sleep(LAG)
    soon = asyncio.get_running_loop().time() + 0.1
    for d in downloads:
        d.limit.reschedule(soon)


async def main():
    d = Download()
    admin = asyncio.create_task(tighten([d]))
    job = asyncio.create_task(d.run())
    await asyncio.sleep(0.3)
    print("READY", os.getpid(), flush=True)
    try:
        await job
    except TimeoutError:
        print("ENDED", flush=True)
    await admin


asyncio.run(main())
