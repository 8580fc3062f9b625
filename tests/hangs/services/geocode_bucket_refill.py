"""Addresses are looked up at a service that allows a few requests a second; a token bucket keeps to that."""
from __future__ import annotations

import asyncio
import dataclasses
import itertools
import os
import signal

signal.alarm(900)


@dataclasses.dataclass
class Limits:
    """Comes from the configuration and may change at any time."""
    per_second: float = 8.0
    burst: int = 4


class TokenBucket:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.tokens = limits.burst
        self._changed = asyncio.Condition()
        self._refill: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._refill = asyncio.create_task(self._refill_loop(), name="bucket-refill")

    async def _refill_loop(self) -> None:
        while True:
            await asyncio.sleep(1 / self.limits.per_second)
            async with self._changed:
                if self.tokens < self.limits.burst:
                    self.tokens += 1
                    self._changed.notify()

    async def take(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.tokens > 0)
            self.tokens -= 1


class ConfigWatcher:
    """Reads the limits from the configuration server; at night the service wants to be left alone."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.updates = 0

    async def run(self) -> None:
        for per_second in itertools.cycle((8.0, 12.0, 0.0, 6.0)):
            self.limits.per_second = per_second
            self.updates += 1
            await asyncio.sleep(1.0)


class Geocoder:
    def __init__(self, bucket: TokenBucket) -> None:
        self.bucket, self.found = bucket, {}

    async def locate(self, address: str) -> tuple[float, float]:
        await self.bucket.take()
        await asyncio.sleep(0.05)
        self.found[address] = (52.5, 13.4)
        return self.found[address]


class Importer:
    def __init__(self, city: str, geocoder: Geocoder) -> None:
        self.city, self.geocoder, self.done = city, geocoder, 0

    async def run(self) -> None:
        for number in itertools.count(1):
            await self.geocoder.locate(f"{number} High Street, {self.city}")
            self.done += 1


async def metrics(importers: list[Importer]) -> None:
    while True:
        await asyncio.sleep(0.5)
        metrics.done = {i.city: i.done for i in importers}


async def main() -> None:
    limits = Limits()
    bucket = TokenBucket(limits)
    bucket.start()
    geocoder = Geocoder(bucket)
    importers = [Importer(city, geocoder) for city in ("Leeds", "York", "Hull")]
    asyncio.get_running_loop().call_later(6, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(ConfigWatcher(limits).run(), name="config-watcher")
        tg.create_task(metrics(importers), name="metrics")
        for importer in importers:
            tg.create_task(importer.run(), name=f"import-{importer.city}")


asyncio.run(main())
