"""Workers report to a watchdog, which starts a worker again when it has not been heard of for too long."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import time
from collections.abc import Callable, Coroutine

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Beat:
    worker: str


@dataclasses.dataclass(frozen=True)
class Goodbye:
    worker: str
    acknowledged: asyncio.Future[None]


class Watchdog:
    """An actor: everything that it knows comes through its inbox."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.inbox: asyncio.Queue[Beat | Goodbye] = asyncio.Queue()
        self.seen: dict[str, float] = {}
        self.restarts = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._factories: dict[str, Callable[[], Coroutine[None, None, None]]] = {}
        self._background: set[asyncio.Task[None]] = set()

    def watch(self, name: str, factory: Callable[[], Coroutine[None, None, None]]) -> None:
        self._factories[name] = factory
        self._start(name)

    def _start(self, name: str) -> None:
        self.seen[name] = time.monotonic()
        self._tasks[name] = asyncio.create_task(self._factories[name](), name=name)

    def beat(self, name: str) -> None:
        self.inbox.put_nowait(Beat(name))

    async def goodbye(self, name: str) -> None:
        acknowledged = asyncio.get_running_loop().create_future()
        self.inbox.put_nowait(Goodbye(name, acknowledged))
        await acknowledged

    async def _restart(self, name: str) -> None:
        task = self._tasks[name]
        task.cancel()
        await asyncio.wait([task])
        self.restarts += 1
        self._start(name)

    def _overdue(self) -> list[str]:
        now = time.monotonic()
        return [name for name, at in self.seen.items() if now - at > self.patience]

    async def run(self) -> None:
        while True:
            message = await self.inbox.get()
            if isinstance(message, Beat):
                self.seen[message.worker] = time.monotonic()
            else:
                self.seen.pop(message.worker, None)
                message.acknowledged.set_result(None)
            for name in self._overdue():
                self.seen.pop(name)
                await self._restart(name)


class Uploader:
    """Every now and then a file is so large that nobody hears of the uploader for a while."""

    def __init__(self, name: str, watchdog: Watchdog, seconds: list[float]) -> None:
        self.name, self.watchdog, self.seconds = name, watchdog, seconds
        self.uploaded = 0

    async def run(self) -> None:
        try:
            for seconds in self.seconds * 10**5:
                self.watchdog.beat(self.name)
                await asyncio.sleep(seconds)
                self.uploaded += 1
        finally:
            await self.watchdog.goodbye(self.name)


async def thumbnails() -> None:
    while True:
        await asyncio.sleep(0.3)
        thumbnails.made = getattr(thumbnails, "made", 0) + 1


async def main() -> None:
    watchdog = Watchdog(patience=1.5)
    uploaders = [Uploader("upload-photos", watchdog, [0.3, 0.4]), Uploader("upload-films", watchdog, [0.5, 0.6, 0.8, 60.0])]
    for uploader in uploaders:
        watchdog.watch(uploader.name, uploader.run)
    asyncio.get_running_loop().call_later(7, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(thumbnails(), name="thumbnails")
        tg.create_task(watchdog.run(), name="watchdog")


asyncio.run(main())
