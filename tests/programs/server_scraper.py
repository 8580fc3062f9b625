"""Scrapers that share a queue of pages, and the server they read from, on one loop.

    server_scraper.py COUNTER
"""

import asyncio
import sys

from server_requests import Requests

SCRAPERS = 20
PAGES = 50


async def serve(reader, writer):
    while await reader.readline():
        await asyncio.sleep(0.02)
        writer.write(b"ok\n")
        await writer.drain()
    writer.close()


async def scrape(port, pages, requests):
    while True:
        page = await pages.get()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(b"get\n")
            await writer.drain()
            if await asyncio.wait_for(reader.readline(), 5) == b"ok\n":
                requests.answered()
        writer.close()
        await writer.wait_closed()
        # The next page comes before this one is done, so that the queue never is.
        pages.put_nowait(page + 1)
        pages.task_done()


async def main():
    requests = Requests(sys.argv[1])
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pages = asyncio.Queue()
    for page in range(PAGES):
        pages.put_nowait(page)
    scrapers = (scrape(port, pages, requests) for _ in range(SCRAPERS))
    await asyncio.gather(pages.join(), *scrapers)


asyncio.run(main())
