"""An aiohttp server, and an aiohttp client that keeps it busy on the same loop.

    server_aiohttp.py COUNTER
"""

import asyncio
import sys

import aiohttp
from aiohttp import web

from server_requests import Requests

FETCHERS = 30


def application():
    """One handler, which answers one request at a time."""
    lock = asyncio.Lock()

    async def handle(_request):
        async with lock:
            await asyncio.sleep(0.001)
        return web.Response(text="x" * 1000)

    app = web.Application()
    app.router.add_get("/", handle)
    return app


async def fetch(session, url, permits, requests):
    while True:
        async with permits:
            async with session.get(url) as response:
                await response.read()
        if response.status == 200:
            requests.answered()


async def main():
    requests = Requests(sys.argv[1])
    runner = web.AppRunner(application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://127.0.0.1:{}/".format(runner.addresses[0][1])
    # More fetchers than permits, more permits than connections: each is queued for.
    connector = aiohttp.TCPConnector(limit=4)
    permits = asyncio.Semaphore(10)
    async with aiohttp.ClientSession(connector=connector) as session:
        fetchers = (fetch(session, url, permits, requests) for _ in range(FETCHERS))
        await asyncio.gather(*fetchers)


asyncio.run(main())
