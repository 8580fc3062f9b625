"""Exports run in the background; a browser asks for the state of its export and then listens until it is finished."""
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Literal

signal.alarm(900)
State = Literal["running", "finished"]


@dataclasses.dataclass
class Job:
    number: int
    rows: int
    state: State = "running"


class Hub:
    """Publish and subscribe; what nobody listens to is forgotten."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self.dropped = 0

    @contextlib.asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[asyncio.Queue[str]]:
        inbox: asyncio.Queue[str] = asyncio.Queue()
        self._listeners[topic].add(inbox)
        try:
            yield inbox
        finally:
            self._listeners[topic].discard(inbox)

    def publish(self, topic: str, message: str) -> None:
        listeners = self._listeners[topic]
        self.dropped += not listeners
        for inbox in listeners:
            inbox.put_nowait(message)


class JobTable:
    """Stands for a table in a database that is a little slow."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}

    def add(self, job: Job) -> None:
        self._jobs[job.number] = job

    async def state(self, number: int) -> State:
        state = self._jobs[number].state
        await asyncio.sleep(0.2)                 # the answer is on its way
        return state


class Exporter:
    def __init__(self, hub: Hub, table: JobTable) -> None:
        self.hub, self.table = hub, table
        self._numbers = itertools.count(1)
        self._running: set[asyncio.Task[None]] = set()

    def start(self, rows: int) -> int:
        job = Job(next(self._numbers), rows)
        self.table.add(job)
        task = asyncio.create_task(self._export(job), name=f"export-{job.number}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return job.number

    async def _export(self, job: Job) -> None:
        await asyncio.sleep(job.rows / 1000)
        job.state = "finished"
        self.hub.publish(f"export.{job.number}", "finished")


class Browser:
    def __init__(self, exporter: Exporter, hub: Hub, table: JobTable, sizes: list[int]) -> None:
        self.exporter, self.hub, self.table, self.sizes = exporter, hub, table, sizes
        self.downloads = 0

    async def follow(self, number: int) -> None:
        async with self.hub.subscribe(f"export.{number}") as inbox:
            if await self.table.state(number) == "finished":
                return
            await inbox.get()

    async def run(self) -> None:
        for rows in itertools.cycle(self.sizes):
            number = self.exporter.start(rows)
            await asyncio.sleep(0.05)
            await self.follow(number)
            self.downloads += 1


async def tidy_up(hub: Hub) -> None:
    while True:
        await asyncio.sleep(1)
        tidy_up.report = f"{hub.dropped} messages dropped"


async def main() -> None:
    hub, table = Hub(), JobTable()
    exporter = Exporter(hub, table)
    browsers = [Browser(exporter, hub, table, sizes) for sizes in ([700, 900, 150], [1200, 400, 800, 100])]
    asyncio.get_running_loop().call_later(7, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(tidy_up(hub), name="tidy-up")
        for number, browser in enumerate(browsers):
            tg.create_task(browser.run(), name=f"browser-{number}")


asyncio.run(main())
