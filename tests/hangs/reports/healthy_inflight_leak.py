# inmanta #1147: the shutdown waits until the count of requests in flight is zero; a handler that raised was never counted out
import asyncio, signal
import aiohttp
from aiohttp import web
from svckit import Metrics, beat, note, ready
signal.alarm(900)


class InFlight:
    def __init__(self):
        self.count, self.idle = 0, asyncio.Event()
        self.idle.set()

    def enter(self):
        self.count += 1
        self.idle.clear()

    def leave(self):
        self.count -= 1
        if not self.count:
            self.idle.set()


class RestServer:
    def __init__(self, metrics):
        self.in_flight, self.metrics = InFlight(), metrics
        self.app = web.Application(middlewares=[self.track])
        self.app.router.add_get("/agents/{name}", self.agent)

    @web.middleware
    async def track(self, request, handler):
        self.in_flight.enter()
        try:
            return await handler(request)
        finally:
            self.in_flight.leave()

    async def agent(self, request):
        self.metrics.add("agents")
        if request.match_info["name"] == "lost":
            await asyncio.sleep(20)
        return web.json_response({"name": request.match_info["name"]})

    async def start(self):
        self.runner = web.AppRunner(self.app)
        await self.runner.setup()
        self.site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await self.site.start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def stop(self):
        await self.site.stop()
        await self.in_flight.idle.wait()
        await self.runner.cleanup()


async def poll(url, name):
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/agents/{name}") as response:
            await response.read()


async def main():
    metrics = Metrics()
    server = RestServer(metrics)
    url = await server.start()
    beating = asyncio.create_task(beat(metrics), name="beat")
    polls = [asyncio.create_task(poll(url, n), name=f"poll-{n}") for n in ("web1", "lost", "web2")]
    await asyncio.sleep(0.7)
    ready(1)
    await server.stop()
    note("WAIT ENDED")


asyncio.run(main())
