# Crawler: a loader task fills a bounded queue of addresses, the orchestrator polls it for work.
import asyncio
import signal
from collections import deque

signal.alarm(900)


class SitemapLoader:
    def __init__(self, pages, limit):
        self.pages = pages
        self.limit = limit
        self.queue = deque()
        self.queue_has_capacity = asyncio.Event()
        self.queue_has_capacity.set()
        self.finished = False

    async def persist_state(self):
        await asyncio.sleep(0.4)

    async def load(self):
        for number in range(self.pages):
            await self.queue_has_capacity.wait()
            self.queue.append(f"https://site.example/{number}")
            if len(self.queue) >= self.limit:
                self.queue_has_capacity.clear()
                await self.persist_state()
        self.finished = True

    def fetch_next(self):
        if not self.queue:
            return None
        address = self.queue.popleft()
        if len(self.queue) < self.limit:
            self.queue_has_capacity.set()
        return address


class Orchestrator:
    def __init__(self, loader):
        self.loader = loader
        self.crawled = 0

    async def run(self):
        while not (self.loader.finished and not self.loader.queue):
            address = self.loader.fetch_next()
            if address is None:
                await asyncio.sleep(0.5)
                continue
            await asyncio.sleep(0.05)
            self.crawled += 1


async def statistics(orchestrator):
    while True:
        await asyncio.sleep(2)
        print("crawled", orchestrator.crawled, flush=True)


async def main():
    loader = SitemapLoader(2000, 5)
    orchestrator = Orchestrator(loader)
    asyncio.get_running_loop().call_later(3, lambda: print("READY", flush=True))
    asyncio.create_task(statistics(orchestrator), name="statistics")
    async with asyncio.TaskGroup() as group:
        group.create_task(loader.load(), name="load-sitemap")
        group.create_task(orchestrator.run(), name="orchestrator")


asyncio.run(main())
