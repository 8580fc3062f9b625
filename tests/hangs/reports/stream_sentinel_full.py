# Job board scraper: a producer task streams vacancies through a bounded queue, the end is marked with None.
import asyncio
import contextlib
import signal

signal.alarm(900)


class Board:
    def __init__(self, pages):
        self.pages = pages
        self.vacancies = asyncio.Queue(maxsize=20)

    async def fetch_page(self, number):
        await asyncio.sleep(0.1)
        return [f"vacancy {number}-{n}" for n in range(10)]

    async def produce(self):
        try:
            for number in range(self.pages):
                for vacancy in await self.fetch_page(number):
                    await self.vacancies.put(vacancy)
        finally:
            with contextlib.suppress(asyncio.QueueFull):
                self.vacancies.put_nowait(None)

    async def stream(self):
        producer = asyncio.create_task(self.produce(), name="produce")
        while True:
            vacancy = await self.vacancies.get()
            if vacancy is None:
                break
            yield vacancy
        await producer


async def store(vacancy, rows):
    await asyncio.sleep(0.02)
    rows.append(vacancy)


async def scrape(number):
    rows = []
    async for vacancy in Board(4).stream():
        await store(vacancy, rows)
    print("board", number, len(rows), flush=True)


async def pulse():
    while True:
        await asyncio.sleep(1)


async def rotate_proxies(proxies):
    while True:
        await asyncio.sleep(4)
        proxies.append(proxies.pop(0))


async def main():
    background = [asyncio.create_task(pulse(), name="pulse"),
                  asyncio.create_task(rotate_proxies(["a", "b"]), name="rotate-proxies")]
    asyncio.get_running_loop().call_later(3, lambda: print("READY", flush=True))
    number = 0
    while True:
        number += 1
        scraper = asyncio.create_task(scrape(number), name=f"scrape-{number}")
        await scraper
        await asyncio.sleep(0.5)
    return background


asyncio.run(main())
