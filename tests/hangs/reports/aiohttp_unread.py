# a response that nobody reads keeps the only connection of an aiohttp connector (rebuilds aio-libs/aiohttp issue 2217)
import asyncio, signal
import aiohttp
from aiohttp import web
signal.alarm(900)

class Catalog:
    def __init__(self, session, base):
        self.session, self.base = session, base
        self.seen = []
    async def probe(self, name):
        response = await self.session.get(self.base + "/images/" + name)
        if response.status == 200:
            self.seen.append(response)
    async def describe(self, name):
        async with self.session.get(self.base + "/text/" + name) as response:
            return await response.text()

async def image(request):
    return web.Response(body=b"x" * 3_000_000)

async def text(request):
    return web.Response(text="fine")

async def crawl(catalog):
    await catalog.probe("plop")
    print(await catalog.describe("plop"))

async def ticker():
    while True:
        await asyncio.sleep(0.1)

async def main():
    app = web.Application()
    app.add_routes([web.get("/images/{name}", image), web.get("/text/{name}", text)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = site._server.sockets[0].getsockname()
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(ticker(), name="ticker")
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
        await asyncio.create_task(crawl(Catalog(session, f"http://{host}:{port}")), name="crawl")
    await beat

asyncio.run(main())
