"""Order sagas: the orchestrator turns events into commands, workers carry commands out and report events."""
from __future__ import annotations

import asyncio
import dataclasses
import itertools
import os
import signal

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Command:
    order: int
    action: str


@dataclasses.dataclass(frozen=True)
class Event:
    order: int
    what: str


class Bus:
    """Both directions are bounded, so that nobody can flood the other one."""

    def __init__(self, size: int) -> None:
        self.commands: asyncio.Queue[Command] = asyncio.Queue(size)
        self.events: asyncio.Queue[Event] = asyncio.Queue(size)


class Orchestrator:
    FOLLOW_UP = {
        "accepted": ("notify-customer",),
        "priced": ("write-invoice",),
        "reserved": ("print-label",),
    }

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.progress: dict[int, int] = {}

    async def run(self) -> None:
        while True:
            event = await self.bus.events.get()
            self.progress[event.order] = self.progress.get(event.order, 0) + 1
            for action in self.FOLLOW_UP.get(event.what, ()):
                await self.bus.commands.put(Command(event.order, action))


class Worker:
    OUTCOME = {"start": ("accepted", "priced", "reserved")}

    def __init__(self, name: str, bus: Bus) -> None:
        self.name, self.bus, self.done = name, bus, 0

    async def run(self) -> None:
        while True:
            command = await self.bus.commands.get()
            await asyncio.sleep(0.02)
            for what in self.OUTCOME.get(command.action, ("closed",)):
                await self.bus.events.put(Event(command.order, what))
            self.done += 1


class Shop:
    """Orders come one by one, and in the evening many at once."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.numbers = itertools.count(1)

    async def order(self) -> None:
        await self.bus.commands.put(Command(next(self.numbers), "start"))

    async def run(self) -> None:
        while True:
            for _ in range(8):
                await self.order()
                await asyncio.sleep(0.25)
            for _ in range(12):
                await self.order()


class Warehouse:
    """Counts its stock, which has nothing to do with orders."""

    def __init__(self) -> None:
        self.counted = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.7)
            self.counted += 1


async def metrics(bus: Bus, workers: list[Worker]) -> None:
    while True:
        await asyncio.sleep(1)
        metrics.line = f"{bus.commands.qsize()}/{bus.events.qsize()} queued, {sum(w.done for w in workers)} done"


async def main() -> None:
    bus = Bus(size=4)
    workers = [Worker(name, bus) for name in ("payment", "stock")]
    asyncio.get_running_loop().call_later(6, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(metrics(bus, workers), name="metrics")
        tg.create_task(Warehouse().run(), name="warehouse")
        tg.create_task(Orchestrator(bus).run(), name="orchestrator")
        for worker in workers:
            tg.create_task(worker.run(), name=f"worker-{worker.name}")
        tg.create_task(Shop(bus).run(), name="shop")


asyncio.run(main())
