# a crawler: it follows live listings and asks for details while the listing's response is open
import asyncio, os, signal
import aiohttp
from aiohttp import web
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Site:
    def __init__(self): self.hits = 0
    async def listing(self, request):
        resp = web.StreamResponse()
        await resp.prepare(request)
        for n in range(3):
            self.hits += 1
            await resp.write(b"item %d\n" % n)
        await resp.write(b"end\n")
        while True:
            await asyncio.sleep(2)
            await resp.write(b"\n")
    async def detail(self, request):
        go = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(LAG, lambda: go.done() or go.set_result(None))
        await go
        return web.json_response({"id": request.match_info["n"]})
    async def start(self):
        app = web.Application()
        app.add_routes([web.get("/listing", self.listing), web.get("/detail/{n}", self.detail)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return site._server.sockets[0].getsockname()[1]

class Crawler:
    def __init__(self, session, base):
        self.session, self.base, self.items = session, base, []
    async def enrich(self, n):
        async with self.session.get(f"{self.base}/detail/{n}") as r:
            return await r.json()
    async def crawl(self):
        async with self.session.get(f"{self.base}/listing") as r:
            async for line in r.content:
                word, *rest = line.split() or [b""]
                if word == b"end":
                    break
                if rest:
                    self.items.append(await self.enrich(int(rest[0])))
        print("ENDED", flush=True)

async def progress(crawlers):
    while True:
        await asyncio.sleep(1)
        progress.n = sum(len(c.items) for c in crawlers)

async def main():
    port = await Site().start()
    base = f"http://127.0.0.1:{port}"
    conn = aiohttp.TCPConnector(limit=20)
    async with aiohttp.ClientSession(connector=conn, timeout=aiohttp.ClientTimeout(total=None)) as s:
        crawlers = [Crawler(s, base) for _ in range(2)]
        p = asyncio.create_task(progress(crawlers), name="progress")
        ts = [asyncio.create_task(c.crawl(), name=f"crawl-{n}") for n, c in enumerate(crawlers)]
        await asyncio.sleep(1.5)
        print("READY", os.getpid(), flush=True)
        await asyncio.gather(*ts)

asyncio.run(main())
