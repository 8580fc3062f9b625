"""Healthy: five tasks want the same lock all the time, and each gets it in its turn."""
import asyncio, signal
signal.alarm(900)


class Counter:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.value = 0

    async def add(self):
        async with self.lock:
            await asyncio.sleep(0.01)
            self.value += 1


async def visitor(counter):
    while True:
        await counter.add()


async def main():
    counter = Counter()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(*[asyncio.create_task(visitor(counter), name=f"visitor-{n}") for n in range(5)])


asyncio.run(main())
