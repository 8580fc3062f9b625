# multicall.py #93: a recursive call under one semaphore: each level keeps its permit while it waits for the next level
import asyncio, signal
import aiohttp
from aiohttp import web
from svckit import Metrics, beat, note, ready
signal.alarm(900)


class Storage:
    """A server with folders in folders."""
    async def list(self, request):
        depth = request.path.count("/")
        if depth == 3:
            await asyncio.sleep(15)
        return web.json_response([f"{request.path}/{n}" for n in "ab"] if depth < 3 else [])

    async def start(self):
        app = web.Application()
        app.router.add_get("/{path:.*}", self.list)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"


class Walker:
    def __init__(self, session, limit):
        self.session, self.permits, self.seen = session, asyncio.Semaphore(limit), 0

    async def walk(self, path):
        async with self.permits:
            async with self.session.get(path) as response:
                children = await response.json()
            self.seen += 1
            await asyncio.gather(*(self.walk(c) for c in children))


async def main():
    url, metrics = await Storage().start(), Metrics()
    beating = asyncio.create_task(beat(metrics), name="beat")
    ready(2)
    async with aiohttp.ClientSession(url) as session:
        await Walker(session, 7).walk("/root")
    note("WAIT ENDED")


asyncio.run(main())
