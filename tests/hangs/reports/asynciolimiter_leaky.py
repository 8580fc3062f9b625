# asynciolimiter #17: a leaky bucket whose wakeup is not scheduled again: those who wait for room are never woken
import asyncio, collections, signal
import httpx
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class LeakyBucketLimiter:
    def __init__(self, capacity, interval):
        self.capacity, self.interval, self.level = capacity, interval, 0
        self._waiters, self._wakeup_handle = collections.deque(), None

    async def wait(self):
        if self.level < self.capacity:
            self.level += 1
            return
        future = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        self._schedule()
        await future

    def _schedule(self):
        if self._wakeup_handle is None:
            self._wakeup_handle = asyncio.get_running_loop().call_later(self.interval, self._wakeup)

    def _wakeup(self):
        self.level = max(0, self.level - 1)
        while self._waiters and self.level < self.capacity:
            self.level += 1
            self._waiters.popleft().set_result(None)


class Crawler:
    def __init__(self, client, limiter):
        self.client, self.limiter, self.pages = client, limiter, {}

    async def fetch(self, path):
        await self.limiter.wait()
        self.pages[path] = (await self.client.get(path)).text
        note("fetched", path)

    async def crawl(self, paths):
        await asyncio.gather(*(asyncio.create_task(self.fetch(p), name=f"fetch{p.replace('/', '-')}") for p in paths))


async def main():
    limiter = LeakyBucketLimiter(2, 0.3)
    metrics, admin = Metrics(), await admin_listener()
    beating = asyncio.create_task(beat(metrics), name="beat")
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text="page"))
    ready(2)
    async with httpx.AsyncClient(base_url="http://shop.test", transport=transport) as client:
        await Crawler(client, limiter).crawl([f"/{n}" for n in range(4)])
    note("WAIT ENDED")


asyncio.run(main())
