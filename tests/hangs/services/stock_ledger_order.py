"""Order desk: reservations and the nightly reconciliation share an inventory and a ledger."""
import asyncio, os, signal
from contextlib import asynccontextmanager
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Ledger:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = []

    async def post(self, sku, qty):
        async with self.lock:
            self.rows.append((sku, qty))
            await asyncio.sleep(0.01)

    @asynccontextmanager
    async def frozen(self):
        await self.lock.acquire()
        try:
            yield tuple(self.rows)
        finally:
            self.lock.release()

class Inventory:
    def __init__(self, ledger):
        self.lock = asyncio.Lock()
        self.ledger, self.stock = ledger, {"bolt": 100, "nut": 80}

    async def reserve(self, sku, qty):
        async with self.lock:
            self.stock[sku] -= qty
            await asyncio.sleep(0.3)
            await self.ledger.post(sku, -qty)

    async def correct(self, totals):
        async with self.lock:
            for sku, qty in totals.items():
                self.stock[sku] = 100 + qty

class Reconciler:
    def __init__(self, inventory, ledger):
        self.inventory, self.ledger = inventory, ledger

    async def statement(self):
        await asyncio.sleep(0.2)
        return {"bolt": -3}

    async def run(self):
        await asyncio.sleep(0.1)
        async with self.ledger.frozen():
            totals = await self.statement()
            await self.inventory.correct(totals)
        print("reconciled", flush=True)

async def heartbeat(inventory):
    while True:
        await asyncio.sleep(0.5)
        sum(inventory.stock.values())

async def main():
    ledger = Ledger()
    inventory = Inventory(ledger)
    hb = asyncio.create_task(heartbeat(inventory), name="heartbeat")
    jobs = [asyncio.create_task(Reconciler(inventory, ledger).run(), name="reconcile"),
            asyncio.create_task(inventory.reserve("bolt", 3), name="order-1"),
            asyncio.create_task(inventory.reserve("nut", 1), name="order-2")]
    asyncio.get_running_loop().call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    await asyncio.gather(*jobs)
    print("DONE", flush=True)
    hb.cancel()

asyncio.run(main())
