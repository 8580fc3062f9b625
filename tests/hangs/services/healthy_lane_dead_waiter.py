"""Reports, orders and health probes share two lanes to a database; a pool written by hand hands the lanes out."""
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
from collections import deque
from collections.abc import AsyncIterator

signal.alarm(900)


@dataclasses.dataclass
class Lane:
    number: int
    queries: int = 0

    async def query(self, sql: str, seconds: float) -> str:
        await asyncio.sleep(seconds)
        self.queries += 1
        return f"{sql}: ok"


class LanePool:
    def __init__(self, size: int) -> None:
        self._idle: list[Lane] = [Lane(n) for n in range(size)]
        self._waiters: deque[asyncio.Future[Lane]] = deque()

    async def acquire(self) -> Lane:
        if self._idle:
            return self._idle.pop()
        waiter: asyncio.Future[Lane] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return await waiter

    def release(self, lane: Lane) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(lane)
                return
        self._idle.append(lane)

    @contextlib.asynccontextmanager
    async def lane(self) -> AsyncIterator[Lane]:
        lane = await self.acquire()
        try:
            yield lane
        finally:
            self.release(lane)


class Reports:
    def __init__(self, pool: LanePool) -> None:
        self.pool, self.done = pool, 0

    async def run(self) -> None:
        while True:
            async with self.pool.lane() as lane:
                await lane.query("select sum(total) from orders", 1.0)
            self.done += 1
            await asyncio.sleep(0.5)


class Orders:
    def __init__(self, pool: LanePool) -> None:
        self.pool, self.stored = pool, 0

    async def run(self) -> None:
        while True:
            async with self.pool.lane() as lane:
                await lane.query("insert into orders", 0.2)
            self.stored += 1
            await asyncio.sleep(0.1)


class HealthProbe:
    """Asks the database whether it is there, but not for long."""

    def __init__(self, pool: LanePool) -> None:
        self.pool, self.failures = pool, 0
        self.healthy = True

    async def probe(self) -> None:
        async with self.pool.lane() as lane:
            await lane.query("select 1", 0.01)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.4)
            try:
                await asyncio.wait_for(self.probe(), 0.15)
                self.healthy = True
            except TimeoutError:
                self.healthy = False
                self.failures += 1


async def statsd(probe: HealthProbe) -> None:
    while True:
        await asyncio.sleep(1)
        statsd.line = f"healthy:{int(probe.healthy)}"


async def main() -> None:
    pool = LanePool(2)
    probe = HealthProbe(pool)
    asyncio.get_running_loop().call_later(9, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(statsd(probe), name="statsd")
        tg.create_task(probe.run(), name="health-probe")
        for n in range(2):
            tg.create_task(Reports(pool).run(), name=f"reports-{n}")
        tg.create_task(Orders(pool).run(), name="orders")


asyncio.run(main())
