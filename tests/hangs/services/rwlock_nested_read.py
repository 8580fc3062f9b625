"""Price catalogue: many readers, an importer now and then; the lock prefers writers so that imports do not starve."""
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import random
import signal
from collections.abc import AsyncIterator

signal.alarm(900)


class ReadWriteLock:
    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._readers = 0
        self._writing = False
        self._writers_waiting = 0

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._writing and not self._writers_waiting)
            self._readers += 1
        try:
            yield
        finally:
            async with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[None]:
        async with self._changed:
            self._writers_waiting += 1
            try:
                await self._changed.wait_for(lambda: not self._writing and not self._readers)
            finally:
                self._writers_waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            async with self._changed:
                self._writing = False
                self._changed.notify_all()


@dataclasses.dataclass
class Order:
    lines: dict[str, int]


class Catalogue:
    def __init__(self) -> None:
        self.lock = ReadWriteLock()
        self._prices = {f"sku-{n}": 100 + n for n in range(20)}
        self.imports = 0

    def _lookup(self, sku: str) -> int:
        return self._prices[sku]

    async def price(self, sku: str) -> int:
        async with self.lock.read():
            return self._lookup(sku)

    async def quote(self, order: Order) -> int:
        async with self.lock.read():                 # one consistent price list for the whole order
            total = 0
            for sku, amount in order.lines.items():
                total += amount * await self.price(sku)
                await self._discounts(sku)
            return total

    async def _discounts(self, sku: str) -> None:
        await asyncio.sleep(0.05)

    async def import_feed(self) -> None:
        feed = {sku: p + random.choice((-1, 1)) for sku, p in self._prices.items()}
        async with self.lock.write():
            await asyncio.sleep(0.1)
            self._prices = feed
            self.imports += 1


class Checkout:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.quoted = catalogue, 0

    async def serve(self) -> None:
        while True:
            order = Order({f"sku-{n}": 1 + n % 3 for n in random.sample(range(20), 8)})
            await self.catalogue.quote(order)
            self.quoted += 1
            await asyncio.sleep(0.1)


async def importer(catalogue: Catalogue) -> None:
    while True:
        await asyncio.sleep(1.3)
        await catalogue.import_feed()


async def heartbeat() -> None:
    while True:
        await asyncio.sleep(1)


async def main() -> None:
    catalogue = Catalogue()
    asyncio.get_running_loop().call_later(4, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(heartbeat(), name="heartbeat")
        tg.create_task(importer(catalogue), name="importer")
        for n in range(2):
            tg.create_task(Checkout(catalogue).serve(), name=f"checkout-{n}")


asyncio.run(main())
