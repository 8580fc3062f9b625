"""Ingest of sensor readings: one poller per region, all restarted when the configuration changes."""
from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

signal.alarm(900)
log = logging.getLogger("ingest")
P, R = ParamSpec("P"), TypeVar("R")


def retrying(delay: float) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Try again until it works: the regions' gateways are not very reliable."""

    def decorate(fn: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(fn)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            while True:
                try:
                    return await fn(*args, **kwargs)
                except Exception as e:
                    log.info("%s failed: %r", fn.__name__, e)
                    await asyncio.sleep(delay)

        return wrapper

    return decorate


@dataclasses.dataclass(frozen=True)
class Config:
    generation: int
    regions: tuple[str, ...] = ("eu", "us")
    interval: float = 0.2


class Feed:
    """Brings the readings of one region into its inbox."""

    def __init__(self, region: str, config: Config) -> None:
        self.region, self.config = region, config
        self.inbox: asyncio.Queue[int] = asyncio.Queue()

    async def run(self) -> None:
        n = 0
        while True:
            await asyncio.sleep(self.config.interval)
            self.inbox.put_nowait(n)
            n += 1


class Poller:
    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    @retrying(delay=0.1)
    async def next_batch(self) -> list[int]:
        batch = [await self.feed.inbox.get()]
        while len(batch) < 5:
            batch.append(await self.feed.inbox.get())
        return batch

    async def run(self) -> None:
        while True:
            batch = await self.next_batch()
            totals["readings"] += len(batch)


totals = {"readings": 0, "reloads": 0}


class Ingest:
    def __init__(self) -> None:
        self.feeds: list[asyncio.Task[None]] = []
        self.pollers: list[asyncio.Task[None]] = []

    def start(self, config: Config) -> None:
        for region in config.regions:
            feed = Feed(region, config)
            self.feeds.append(asyncio.create_task(feed.run(), name=f"feed-{region}-{config.generation}"))
            self.pollers.append(asyncio.create_task(Poller(feed).run(), name=f"poll-{region}-{config.generation}"))

    async def stop(self) -> None:
        for group in (self.feeds, self.pollers):
            for task in group:
                task.cancel()
            await asyncio.gather(*group, return_exceptions=True)
            group.clear()

    async def reload(self, config: Config) -> None:
        await self.stop()
        self.start(config)
        totals["reloads"] += 1


async def config_watcher(ingest: Ingest) -> None:
    generation = 0
    ingest.start(Config(generation))
    while True:
        await asyncio.sleep(3.3)
        generation += 1
        await ingest.reload(Config(generation))


async def heartbeat() -> None:
    while True:
        await asyncio.sleep(1)


async def main() -> None:
    ingest = Ingest()
    asyncio.get_running_loop().call_later(6, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(heartbeat(), name="heartbeat")
        tg.create_task(config_watcher(ingest), name="config-watcher")


asyncio.run(main())
