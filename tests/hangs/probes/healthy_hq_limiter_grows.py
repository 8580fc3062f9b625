import os, signal
import anyio
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Site:
    def __init__(self):
        self.slots = anyio.CapacityLimiter(1)
        self.closing = anyio.Event()

    async def resident(self):
        async with self.slots:
            await self.closing.wait()

    async def visitor(self):
        async with self.slots:
            print("ENDED", self.slots.borrowed_tokens, flush=True)
            self.closing.set()

    async def autoscale(self):
        await anyio.sleep(LAG)
        self.slots.total_tokens += 1


async def main():
    site = Site()
    async with anyio.create_task_group() as tg:
        tg.start_soon(site.resident)
        await anyio.sleep(0.1)
        tg.start_soon(site.visitor)
        tg.start_soon(site.autoscale)
        await anyio.sleep(0.3)
        print("READY", os.getpid(), flush=True)


anyio.run(main)
