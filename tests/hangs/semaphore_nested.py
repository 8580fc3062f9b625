"""A crawler takes a permit for a page and, while it has it, another one for each page linked there: all permits are out."""
import asyncio, signal
signal.alarm(900)


class Crawler:
    def __init__(self, at_once):
        self.permits = asyncio.Semaphore(at_once)

    async def fetch(self, url):
        await asyncio.sleep(0.05)
        return [f"{url}/a", f"{url}/b"]

    async def crawl(self, url, depth):
        async with self.permits:
            links = await self.fetch(url)
            if depth:
                for link in links:
                    await self.crawl(link, depth - 1)


async def main():
    crawler = Crawler(2)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    roots = [asyncio.create_task(crawler.crawl(f"http://{host}", 1), name=f"crawl-{host}") for host in ("one", "two")]
    await asyncio.gather(*roots)


asyncio.run(main())
