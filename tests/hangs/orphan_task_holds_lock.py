"""A fire-and-forget task, kept in a set, got stuck while it holds the lock; nobody awaits it, so nobody noticed."""
import asyncio, signal
signal.alarm(900)

background = set()


class Ledger:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.flushed = asyncio.Event()

    async def flush(self):
        async with self.lock:
            await self.flushed.wait()  # nobody sets it

    async def append(self, entry):
        async with self.lock:
            return entry


async def pay(ledger, amount):
    await ledger.append(amount)


async def main():
    ledger = Ledger()
    background.add(asyncio.create_task(ledger.flush(), name="flush"))
    await asyncio.sleep(0.05)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(*[asyncio.create_task(pay(ledger, n), name=f"pay-{n}") for n in (1, 2)])


asyncio.run(main())
