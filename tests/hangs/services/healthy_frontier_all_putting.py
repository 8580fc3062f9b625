"""A crawler: workers take pages from a frontier and put the links that they find back into it."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections import Counter

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Page:
    url: str
    depth: int


class Site:
    """Stands for the web: every page has four links."""

    FANOUT = 4

    async def fetch(self, page: Page) -> list[str]:
        await asyncio.sleep(0.1)
        return [f"{page.url}/{n}" for n in range(self.FANOUT)]


class Politeness:
    def __init__(self, per_second: float) -> None:
        self.gap = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next + self.gap)
        await asyncio.sleep(self._next - now)


class Crawler:
    def __init__(self, site: Site, workers: int = 3, max_depth: int = 3) -> None:
        self.site, self.max_depth, self.count = site, max_depth, workers
        self.frontier: asyncio.Queue[Page] = asyncio.Queue()
        self.politeness = Politeness(per_second=40)
        self.stats: Counter[str] = Counter()
        self.pages = 0
        self.rounds = 0

    async def _visit(self, page: Page) -> None:
        await self.politeness.turn()
        links = await self.site.fetch(page)
        self.pages += 1
        self.stats[f"depth-{page.depth}"] += 1
        if page.depth < self.max_depth:
            for link in links:
                await self.frontier.put(Page(link, page.depth + 1))

    async def _worker(self) -> None:
        while True:
            page = await self.frontier.get()
            try:
                await self._visit(page)
            finally:
                self.frontier.task_done()

    async def crawl(self, seed: str) -> None:
        await self.frontier.put(Page(seed, 0))
        await self.frontier.join()
        self.rounds += 1

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tg:
            for n in range(self.count):
                tg.create_task(self._worker(), name=f"crawl-{n}")
            while True:
                await self.crawl("http://example.org")
                await asyncio.sleep(1)


class StatsReporter:
    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.lines = crawler, 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.lines += 1
            self.last = dict(self.crawler.stats)


async def robots_refresher(cache: dict[str, str]) -> None:
    while True:
        cache["example.org"] = "allow"
        await asyncio.sleep(2)


async def main() -> None:
    crawler = Crawler(Site())
    asyncio.get_running_loop().call_later(5, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(StatsReporter(crawler).run(), name="stats")
        tg.create_task(robots_refresher({}), name="robots")
        tg.create_task(crawler.run(), name="crawler")


asyncio.run(main())
