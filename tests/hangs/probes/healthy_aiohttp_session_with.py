# main is in 'async with ClientSession' and awaits a task that waits for the only connection, which another task has for 25 s
import asyncio, signal
import aiohttp
from aiohttp import web
signal.alarm(900)

async def slow(request):
    await asyncio.sleep(25)
    return web.Response(text="x")

async def fetch(session, url):
    async with session.get(url) as r:
        return await r.text()

async def main():
    app = web.Application(); app.add_routes([web.get("/", slow)])
    runner = web.AppRunner(app); await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0); await site.start()
    url = "http://127.0.0.1:%d/" % site._server.sockets[0].getsockname()[1]
    asyncio.get_running_loop().call_later(1, print, "READY")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), timeout=aiohttp.ClientTimeout(total=None)) as session:
        a = asyncio.create_task(fetch(session, url), name="a")
        await asyncio.sleep(0.3)
        await asyncio.create_task(fetch(session, url), name="b")

asyncio.run(main())
